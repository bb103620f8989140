SELECT hour, MAX(mark) AS mark
FROM rollup_marks
WHERE site_id = $1 AND hour >= $2 AND hour < $3
GROUP BY hour
ORDER BY hour
