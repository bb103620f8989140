-- An end that is yet to come is not there.
SELECT
    rule, version,
    COUNT(DISTINCT CASE WHEN ended_at >= $3 THEN person END) AS holds,
    COUNT(DISTINCT CASE WHEN found_at >= $2 THEN person END) AS began,
    COUNT(DISTINCT CASE WHEN ended_at >= $2 AND ended_at < $3 THEN person END) AS ended
FROM kept_insights
WHERE site_id = $1 AND found_at < $3
GROUP BY rule, version
