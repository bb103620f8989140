SELECT id, name, kind, site_id, hint, created_at
FROM api_keys
WHERE secret_hash = $1 AND kind = 'api'
