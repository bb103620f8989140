INSERT INTO judged_visitors (site_id, visitor_id, revision, basis, judged_at, standing, staged, keeping)
VALUES {rows}
ON CONFLICT (site_id, visitor_id) DO UPDATE SET
    revision = excluded.revision,
    basis = excluded.basis,
    judged_at = excluded.judged_at,
    standing = excluded.standing,
    staged = excluded.staged,
    keeping = excluded.keeping
