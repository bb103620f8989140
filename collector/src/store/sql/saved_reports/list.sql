SELECT id, name, path, parameters, created_at, created_by, changed_at
FROM saved_reports
WHERE site_id = $1
ORDER BY name, id
