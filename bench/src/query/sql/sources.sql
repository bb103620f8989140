WITH earned AS (
    SELECT session, COUNT(*) AS conversions, SUM(revenue) AS revenue
    FROM events
    WHERE conversion AND NOT bot AND moment >= $from
    GROUP BY session
)
SELECT
    source, medium, campaign, channel, COUNT(*) AS sessions, COUNT(DISTINCT visitor) AS visitors,
    COUNT(*) FILTER (page_views > 1 OR visible_ms > 10000 OR conversions > 0) AS engaged,
    SUM(conversions) AS conversions, SUM(revenue) AS revenue
FROM sessions LEFT JOIN earned USING (session)
WHERE NOT bot AND started_at >= $from AND started_at < $to
GROUP BY ALL
ORDER BY sessions DESC
