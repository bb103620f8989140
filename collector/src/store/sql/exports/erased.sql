SELECT COUNT(*)
FROM erased_ids
WHERE site_id = $1
