INSERT INTO segments (site_id, id, name, filters, created_at, created_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site_id, name) DO NOTHING
