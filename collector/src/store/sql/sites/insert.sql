INSERT INTO sites (workspace_id, name, write_key, origins, time_zone, is_demo, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (write_key) DO NOTHING
RETURNING id, workspace_id, name, write_key, origins, time_zone, server_key_required, renew_cookie, cookie_domain, currency, is_demo, created_at
