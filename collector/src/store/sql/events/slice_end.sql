SELECT visitor_id, id
FROM events
WHERE site_id = $1 AND (visitor_id, id) > ($2, $3)
ORDER BY visitor_id, id
LIMIT 1 OFFSET $4
