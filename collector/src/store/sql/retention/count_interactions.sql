SELECT COUNT(*)
FROM interactions
WHERE site_id = $1 AND {second} <= $2 / 1000 AND at < $2
