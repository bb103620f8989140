SELECT id
FROM interactions
WHERE site_id = $1 AND email_hash = $2
LIMIT 1
