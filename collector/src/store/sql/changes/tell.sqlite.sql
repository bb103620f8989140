INSERT INTO changes (site_id, change, kind, ids)
SELECT $1, COALESCE(MAX(change), 0) + 1, $2, $3
FROM changes
WHERE site_id = $1
