DELETE FROM rollup_hours
WHERE site_id = $1 AND hour = $2
