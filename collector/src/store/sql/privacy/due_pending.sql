SELECT site_id, id
FROM pending_erasures
WHERE due_at <= $1
ORDER BY due_at
LIMIT 100
