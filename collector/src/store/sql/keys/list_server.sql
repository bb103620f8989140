SELECT secret_hash, site_id
FROM api_keys
WHERE kind = 'server' AND site_id IS NOT NULL
