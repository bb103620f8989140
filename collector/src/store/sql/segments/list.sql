SELECT id, name, filters, created_at, created_by, changed_at
FROM segments
WHERE site_id = $1
ORDER BY name, id
