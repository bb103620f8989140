INSERT INTO api_keys (name, kind, workspace_id, site_id, scopes, secret_hash, hint, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, name, kind, workspace_id, site_id, scopes, hint, created_at, last_used_at
