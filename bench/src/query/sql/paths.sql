SELECT way[1:4] AS way, COUNT(*) AS sessions
FROM (
    SELECT session, LIST(page ORDER BY moment) AS way
    FROM events
    WHERE NOT bot AND kind = 'page_view' AND moment >= $from AND moment < $to
    GROUP BY session
)
GROUP BY 1
ORDER BY sessions DESC, way
LIMIT 50
