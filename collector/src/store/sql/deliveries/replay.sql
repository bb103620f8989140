UPDATE deliveries
SET state = 'waiting', due_at = $3, attempts = 0
WHERE site_id = $1 AND destination_id = $2
  AND (state = 'dead' AND $4 IS NULL OR state IN ('dead', 'skipped') AND id = $4)
