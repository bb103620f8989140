INSERT INTO destinations (site_id, id, kind, name, url, measurement_id, wants, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
