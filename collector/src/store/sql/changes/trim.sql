DELETE FROM changes
WHERE site_id = $1 AND (change, part) < ($2, $3)
