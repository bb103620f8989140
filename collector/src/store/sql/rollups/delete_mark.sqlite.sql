DELETE FROM rollup_marks
WHERE site_id = $1 AND hour = $2 AND mark = $3
