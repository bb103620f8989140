INSERT INTO changes (site_id, kind, ids)
VALUES ($1, $2, $3)
