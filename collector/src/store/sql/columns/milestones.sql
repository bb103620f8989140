SELECT visitor_id, name, first_at
FROM milestones AS v
WHERE {whose}
