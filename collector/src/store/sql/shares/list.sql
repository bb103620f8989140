SELECT site_id, id, name, shows, hint, created_at, created_by, expires_at, revoked_at, last_used_at
FROM shares
WHERE site_id = $1
ORDER BY created_at DESC, id DESC
