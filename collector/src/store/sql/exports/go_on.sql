-- A day that is written once more moves nothing.
UPDATE export_schedules
SET next_day = CASE WHEN next_day < $4 THEN $4 ELSE next_day END
WHERE site_id = $1 AND what = $2 AND holder = $3
