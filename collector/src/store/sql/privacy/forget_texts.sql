DELETE FROM erasing_texts
WHERE site_id = $1
