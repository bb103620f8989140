DELETE FROM destinations
WHERE site_id = $1 AND id = $2
