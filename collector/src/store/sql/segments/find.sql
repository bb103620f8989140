-- A name is no id, so one of them at most is meant.
SELECT filters
FROM segments
WHERE site_id = $1 AND (name = $2 OR id = $3)
