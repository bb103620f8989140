INSERT INTO annotations (site_id, id, day, at, note, created_at, created_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
