SELECT next_day
FROM export_schedules
WHERE site_id = $1 AND what = $2
