SELECT old
FROM erasing_texts
WHERE site_id = $1 AND kind = $2
