SELECT name, days, kept_from, swept_to
FROM retention
WHERE site_id = $1
ORDER BY name
