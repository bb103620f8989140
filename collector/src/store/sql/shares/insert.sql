INSERT INTO shares (site_id, id, name, shows, token_hash, hint, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
