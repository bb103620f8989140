SELECT visitor_id, judged_at, standing
FROM judged_visitors
WHERE site_id = $1 AND visitor_id IN ({list})
