SELECT MIN(hour), MAX(hour)
FROM rollup_hours
WHERE site_id = $1
