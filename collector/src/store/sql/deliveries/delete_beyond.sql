DELETE FROM deliveries
WHERE site_id = $1 AND destination_id = $2 AND state = $3 AND (due_at, id) <= (
    SELECT due_at, id
    FROM deliveries
    WHERE site_id = $1 AND destination_id = $2 AND state = $3
    ORDER BY due_at DESC, id DESC
    LIMIT 1 OFFSET $4
)
