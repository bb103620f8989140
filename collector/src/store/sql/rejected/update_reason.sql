UPDATE rejected
SET reason = $3, field = $4
WHERE site_id = $1 AND id = $2
