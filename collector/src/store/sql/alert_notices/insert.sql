INSERT INTO alert_notices (
    site_id, alert_id, id, change_id, channel, created_at, state, due_at, attempts
)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $6, 0)
