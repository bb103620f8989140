INSERT INTO export_schedules (site_id, what, next_day, holder, held_until)
VALUES ($1, $2, $3, NULL, 0)
ON CONFLICT (site_id, what) DO NOTHING
