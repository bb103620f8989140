SELECT COUNT(DISTINCT person)
FROM kept_insights
WHERE site_id = $1 AND found_at < $3 AND ended_at >= $2
