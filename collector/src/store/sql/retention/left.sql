SELECT visitor_id
FROM events
WHERE site_id = $1 AND visitor_id IN {of visitor}
LIMIT 1
