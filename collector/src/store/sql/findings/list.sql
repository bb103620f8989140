SELECT name, problem, field, items AS count, first_at AS first_seen, last_at AS last_seen
FROM catalogue_findings
WHERE site_id = $1
ORDER BY last_at DESC, name, problem, field
