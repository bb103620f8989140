SELECT id, name, kind, workspace_id, site_id, scopes, hint, created_at, last_used_at
FROM api_keys
WHERE secret_hash = $1 AND kind = 'api'
