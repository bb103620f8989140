-- A session counts wholly where it began, with everything that happened in it.
WITH earned AS (
    SELECT
        session, COUNT(*) FILTER (kind = 'event') AS events, COUNT(*) FILTER (conversion) AS conversions, SUM(revenue) AS revenue
    FROM events
    WHERE NOT bot AND moment >= $from
    GROUP BY session
)
SELECT
    source, medium, campaign, channel, GROUPING(channel) AS is_total, COUNT(DISTINCT visitor) AS visitors, COUNT(*) AS sessions,
    COUNT(*) FILTER (page_views > 1 OR visible_ms > 10000 OR conversions > 0) AS engaged_sessions,
    SUM(page_views) AS page_views, SUM(e.events) AS events, SUM(conversions) AS conversions, SUM(revenue) AS gross
FROM sessions LEFT JOIN earned AS e USING (session)
WHERE NOT bot AND started_at >= $from AND started_at < $to
GROUP BY GROUPING SETS ((source, medium, campaign, channel), ())
