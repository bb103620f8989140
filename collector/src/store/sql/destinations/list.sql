SELECT site_id, id, kind, name, url, measurement_id, wants, paused, hold_until, let_go, created_at, changed_at
FROM destinations
WHERE $1 IS NULL OR site_id = $1
ORDER BY site_id, id
