DELETE FROM kept_insights
WHERE site_id = $1 AND person = $2 AND rule = $3 AND version = $4 AND found_at = $5
