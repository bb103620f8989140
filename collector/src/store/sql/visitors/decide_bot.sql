UPDATE visitors SET bot_decision = $3, revision = revision + 1
WHERE site_id = $1 AND visitor_id = $2
