SELECT id, name, kind, site_id, hint, created_at
FROM api_keys
ORDER BY id
