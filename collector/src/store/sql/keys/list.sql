SELECT id, name, kind, workspace_id, site_id, scopes, hint, created_at, last_used_at
FROM api_keys
ORDER BY id
