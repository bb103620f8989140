SELECT id, workspace_id, name, write_key, origins, time_zone, server_key_required, renew_cookie, cookie_domain, currency, is_demo, created_at
FROM sites
WHERE id = $1
