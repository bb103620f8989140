DELETE FROM pending_erasures
WHERE site_id = $1 AND id = $2
RETURNING id, mode, asked_at, due_at, actor, person, counts
