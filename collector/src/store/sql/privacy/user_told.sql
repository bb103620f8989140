SELECT id
FROM interactions
WHERE site_id = $1 AND user_id = $2
LIMIT 1
