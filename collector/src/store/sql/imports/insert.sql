INSERT INTO imports (site_id, id, kind, dry_run, file, bytes, state, report, unwanted, created_at, created_by, alive_at)
VALUES ($1, $2, $3, $4, $5, 0, 'receiving', $6, FALSE, $7, $8, $7)
ON CONFLICT DO NOTHING
