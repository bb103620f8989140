UPDATE destinations
SET changed_at = $3
WHERE site_id = $1 AND id = $2
