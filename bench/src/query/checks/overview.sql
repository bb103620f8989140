-- Sessions count where they began, what happened in them at its own time. A day is of UTC; the whole has none.
WITH earned AS (
    SELECT session, COUNT(*) AS conversions FROM events WHERE conversion AND NOT bot GROUP BY session
),
of_sessions AS (
    SELECT
        started_at // 86400000 AS day, COUNT(DISTINCT visitor) AS visitors, COUNT(*) AS sessions,
        COUNT(*) FILTER (page_views > 1 OR visible_ms > 10000 OR conversions > 0) AS engaged_sessions
    FROM sessions LEFT JOIN earned USING (session)
    WHERE NOT bot AND started_at >= $quarter_from AND started_at < $quarter_to
    GROUP BY GROUPING SETS ((day), ())
),
of_events AS (
    SELECT
        moment // 86400000 AS day, COUNT(*) FILTER (kind = 'page_view') AS page_views,
        COUNT(*) FILTER (kind = 'event') AS events, COUNT(*) FILTER (conversion) AS conversions, SUM(revenue) AS gross
    FROM events
    WHERE NOT bot AND moment >= $quarter_from AND moment < $quarter_to
    GROUP BY GROUPING SETS ((day), ())
)
SELECT s.day, s.visitors, s.sessions, s.engaged_sessions, e.page_views, e.events, e.conversions, e.gross
FROM of_sessions AS s JOIN of_events AS e ON s.day IS NOT DISTINCT FROM e.day
