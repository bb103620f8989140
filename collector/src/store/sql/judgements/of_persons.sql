SELECT person, judged_at, standing
FROM judged_persons
WHERE site_id = $1 AND person IN ({list})
