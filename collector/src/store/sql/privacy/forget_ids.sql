DELETE FROM erasing_ids
WHERE site_id = $1
