INSERT INTO pending_texts (site_id, erasure_id, kind, old, fresh)
SELECT site_id, $2, kind, old, fresh
FROM erasing_texts
WHERE site_id = $1
