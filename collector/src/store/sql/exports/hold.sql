-- Whoever holds it longer than it is held for is gone, and somebody else goes on.
UPDATE export_schedules
SET holder = $3, held_until = $5
WHERE site_id = $1 AND what = $2 AND (holder IS NULL OR holder = $3 OR held_until < $4)
