INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, kind, fresh, old
FROM pending_ids
WHERE site_id = $1 AND erasure_id = $2
