INSERT INTO api_keys (name, kind, site_id, secret_hash, hint, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id, name, kind, site_id, hint, created_at
