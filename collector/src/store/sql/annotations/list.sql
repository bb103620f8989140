SELECT id, day, at, note, created_at, created_by, changed_at
FROM annotations
WHERE site_id = $1
