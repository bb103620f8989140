SELECT COUNT(DISTINCT hour)
FROM rollup_marks
WHERE site_id = $1
