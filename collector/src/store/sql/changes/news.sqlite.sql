SELECT change, part, kind, ids, link
FROM changes
WHERE site_id = $1 AND change > $2
ORDER BY change, part
