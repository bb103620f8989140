SELECT kept_from
FROM rollups
WHERE site_id = $1
