UPDATE deliveries
SET claim = $4, due_at = $5, attempts = attempts + 1
WHERE site_id = $1 AND destination_id = $2 AND id IN (
    SELECT id
    FROM deliveries
    WHERE site_id = $1 AND destination_id = $2 AND state = 'waiting' AND due_at <= $3
    ORDER BY due_at, id
    LIMIT $6
)
RETURNING id, visitor_id, item_id, milestone, created_at, attempts
