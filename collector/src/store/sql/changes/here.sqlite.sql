SELECT COALESCE(MAX(change), 0) AS next
FROM changes
WHERE site_id = $1
