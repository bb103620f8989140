INSERT INTO pending_erasures (site_id, id, mode, asked_at, due_at, actor, person, counts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
