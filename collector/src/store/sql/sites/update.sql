UPDATE sites
SET name = $2, origins = $3, time_zone = $4, server_key_required = $5, renew_cookie = $6, cookie_domain = $7,
    currency = $8
WHERE id = $1
