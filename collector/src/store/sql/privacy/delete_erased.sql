DELETE FROM erased_ids
WHERE site_id = $1 AND hash = $2
