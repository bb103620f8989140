SELECT site_id, id, name, rule, channels, paused, state, since, looked_until, looked, created_at, created_by, changed_at
FROM alerts
WHERE $1 IS NULL OR site_id = $1
ORDER BY site_id, name, id
