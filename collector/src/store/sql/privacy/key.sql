SELECT secret
FROM privacy_keys
WHERE site_id = $1
