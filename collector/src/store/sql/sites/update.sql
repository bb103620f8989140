UPDATE sites
SET name = $2, origins = $3, server_key_required = $4, renew_cookie = $5, cookie_domain = $6
WHERE id = $1
