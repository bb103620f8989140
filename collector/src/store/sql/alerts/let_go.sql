UPDATE alerts
SET holder = NULL, held_until = 0
WHERE site_id = $1 AND id = $2 AND holder = $3
