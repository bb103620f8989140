SELECT page, COUNT(*) AS views, COUNT(DISTINCT visitor) AS visitors, AVG(visible_ms) AS visible_ms, AVG(scroll_max) AS scroll
FROM events
WHERE NOT bot AND kind = 'page_view' AND moment >= $from AND moment < $to
GROUP BY page
ORDER BY views DESC
LIMIT 100
