SELECT visitor_id, name, first_at
FROM first_events
WHERE site_id = $1 AND visitor_id IN ({list})
