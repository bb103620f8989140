UPDATE deliveries
SET state = 'dead', due_at = $4, error = 'too_many_waiting', claim = NULL
WHERE site_id = $1 AND destination_id = $2 AND state = 'waiting' AND (due_at, id) <= (
    SELECT due_at, id
    FROM deliveries
    WHERE site_id = $1 AND destination_id = $2 AND state = 'waiting'
    ORDER BY due_at DESC, id DESC
    LIMIT 1 OFFSET $3
)
