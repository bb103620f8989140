WITH due AS MATERIALIZED (
    SELECT id
    FROM deliveries
    WHERE site_id = $1 AND destination_id = $2 AND state = 'waiting' AND due_at <= $3
    ORDER BY due_at, id
    LIMIT $6
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET claim = $4, due_at = $5, attempts = attempts + 1
FROM due
WHERE site_id = $1 AND destination_id = $2 AND deliveries.id = due.id
RETURNING deliveries.id, visitor_id, item_id, milestone, created_at, attempts
