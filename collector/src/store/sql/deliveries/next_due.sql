SELECT MIN(due_at)
FROM deliveries
WHERE site_id = $1 AND destination_id = $2 AND state = 'waiting'
