INSERT INTO pending_ids (site_id, erasure_id, kind, old, fresh)
SELECT site_id, $2, kind, old, fresh
FROM erasing_ids
WHERE site_id = $1
