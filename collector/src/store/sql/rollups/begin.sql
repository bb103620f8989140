INSERT INTO rollups (site_id, kept_from)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
