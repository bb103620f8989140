SELECT
    labels ->> CAST($6 AS TEXT) AS value,
    CAST(SUM(visitors) AS BIGINT) AS visitors, CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(page_views) AS BIGINT) AS page_views, CAST(SUM(bounces) AS BIGINT) AS bounces,
    CAST(SUM(seconds) AS BIGINT) AS seconds, CAST(SUM(events) AS BIGINT) AS events
FROM imported_totals
WHERE site_id = $1 AND dimension = $2 AND day >= $3 AND day <= $4
GROUP BY 1
ORDER BY COALESCE(SUM(visitors), 0) DESC
LIMIT $5
