SELECT id, visitor_id, item_id, milestone, created_at, state, due_at, attempts, status, error
FROM deliveries
WHERE site_id = $1 AND destination_id = $2 AND state = $3 AND (due_at, id) < ($4, $5)
ORDER BY due_at DESC, id DESC
LIMIT $6
