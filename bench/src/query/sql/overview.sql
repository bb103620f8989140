WITH of_sessions AS (
    SELECT
        started_at // 86400000 AS day, COUNT(*) AS sessions, COUNT(DISTINCT visitor) AS visitors,
        COUNT(*) FILTER (page_views > 1 OR visible_ms > 10000) AS engaged
    FROM sessions
    WHERE NOT bot AND started_at >= $quarter_from AND started_at < $quarter_to
    GROUP BY day
),
of_events AS (
    SELECT
        moment // 86400000 AS day, COUNT(*) FILTER (kind = 'page_view') AS page_views,
        COUNT(*) FILTER (kind = 'event') AS events, COUNT(*) FILTER (conversion) AS conversions, SUM(revenue) AS revenue
    FROM events
    WHERE NOT bot AND moment >= $quarter_from AND moment < $quarter_to
    GROUP BY day
)
SELECT * FROM of_sessions FULL JOIN of_events USING (day) ORDER BY day
