DELETE FROM interactions
WHERE site_id = $1 AND id IN ({list})
RETURNING id
