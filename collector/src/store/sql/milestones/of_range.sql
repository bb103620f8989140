SELECT visitor_id, name, first_at
FROM milestones
WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3
