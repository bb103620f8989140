SELECT visitor_id
FROM visitors
WHERE site_id = $1
