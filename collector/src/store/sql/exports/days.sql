SELECT day, format, row_count, mark, written_at, looked_at
FROM exported_days
WHERE site_id = $1 AND what = $2 AND day >= $3
ORDER BY day
