SELECT person
FROM judged_persons
WHERE site_id = $1 AND stale_at <= $2
ORDER BY stale_at
LIMIT $3
