SELECT COALESCE(MAX(swept_to), 0)
FROM retention
WHERE site_id = $1
