UPDATE visitors SET name = $3
WHERE site_id = $1 AND visitor_id = $2
