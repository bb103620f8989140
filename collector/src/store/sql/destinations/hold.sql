UPDATE destinations
SET hold_until = $3
WHERE site_id = $1 AND id = $2
