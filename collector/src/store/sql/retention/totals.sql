SELECT day, kind, name, items
FROM kept_totals
WHERE site_id = $1 AND day >= $2 AND day <= $3
ORDER BY day, kind, name
