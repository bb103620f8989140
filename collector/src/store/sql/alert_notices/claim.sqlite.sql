UPDATE alert_notices
SET claim = $2, due_at = $3, attempts = attempts + 1
WHERE (site_id, alert_id, id) IN (
    SELECT site_id, alert_id, id
    FROM alert_notices
    WHERE state = 'waiting' AND due_at <= $1
    ORDER BY due_at, id
    LIMIT $4
)
RETURNING site_id, alert_id, id, change_id, channel, attempts
