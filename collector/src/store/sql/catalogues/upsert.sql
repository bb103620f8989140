INSERT INTO catalogues (site_id, mode, document, changed_at, revision)
VALUES ($1, $2, $3, $4, $5 + 1)
ON CONFLICT (site_id) DO UPDATE SET
    mode = excluded.mode,
    document = excluded.document,
    changed_at = excluded.changed_at,
    revision = excluded.revision
WHERE catalogues.revision + 1 = excluded.revision
