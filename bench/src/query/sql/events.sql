SELECT name, COUNT(*) AS times, COUNT(DISTINCT visitor) AS visitors
FROM events
WHERE NOT bot AND kind = 'event' AND moment >= $from AND moment < $to
GROUP BY name
ORDER BY times DESC
