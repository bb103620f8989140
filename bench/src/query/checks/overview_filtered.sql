SELECT
    (SELECT COUNT(*) FROM sessions
     WHERE NOT bot AND started_at >= $quarter_from AND started_at < $quarter_to AND source = $source) AS sessions,
    (SELECT COUNT(DISTINCT visitor) FROM sessions
     WHERE NOT bot AND started_at >= $quarter_from AND started_at < $quarter_to AND source = $source) AS visitors,
    COUNT(*) FILTER (kind = 'page_view') AS page_views, COUNT(*) FILTER (kind = 'event') AS events,
    COUNT(*) FILTER (conversion) AS conversions
FROM events SEMI JOIN (SELECT session FROM sessions WHERE source = $source) AS of_source USING (session)
WHERE NOT bot AND moment >= $quarter_from AND moment < $quarter_to
