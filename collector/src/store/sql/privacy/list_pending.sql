SELECT id, mode, asked_at, due_at, actor, person, counts
FROM pending_erasures
WHERE site_id = $1
ORDER BY due_at, id
