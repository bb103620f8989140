UPDATE export_schedules
SET holder = NULL, held_until = 0
WHERE site_id = $1 AND what = $2 AND holder = $3
