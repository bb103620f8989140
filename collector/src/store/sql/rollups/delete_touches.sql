DELETE FROM rollup_touches
WHERE site_id = $1 AND hour = $2
