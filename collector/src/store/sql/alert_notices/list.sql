SELECT change_id, id, channel, created_at, state, due_at, attempts, status, error
FROM alert_notices
WHERE site_id = $1 AND alert_id = $2
ORDER BY id
