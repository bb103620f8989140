WITH due AS MATERIALIZED (
    SELECT site_id, alert_id, id
    FROM alert_notices
    WHERE state = 'waiting' AND due_at <= $1
    ORDER BY due_at, id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
UPDATE alert_notices AS own
SET claim = $2, due_at = $3, attempts = attempts + 1
FROM due
WHERE own.site_id = due.site_id AND own.alert_id = due.alert_id AND own.id = due.id
RETURNING own.site_id, own.alert_id, own.id, change_id, channel, attempts
