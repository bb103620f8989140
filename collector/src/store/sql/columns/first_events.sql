SELECT visitor_id, name, first_at
FROM first_events AS v
WHERE {whose}
