UPDATE visitors SET revision = revision + 1
WHERE site_id = $1 AND visitor_id = $2
