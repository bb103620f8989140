INSERT INTO api_keys (name, site_id, secret_hash, hint, created_at)
VALUES ($1, $2, $3, $4, $5)
RETURNING id, name, site_id, hint, created_at
