UPDATE deliveries
SET due_at = $4, attempts = attempts - 1, claim = NULL
WHERE site_id = $1 AND destination_id = $2 AND claim = $3
