UPDATE exported_days
SET looked_at = $4
WHERE site_id = $1 AND what = $2 AND day = $3
