INSERT INTO saved_reports (site_id, id, name, path, parameters, created_at, created_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
