SELECT kind, old, fresh
FROM pending_texts
WHERE site_id = $1 AND erasure_id = $2
