SELECT version, document, changed_at, changed_by
FROM stage_definitions
WHERE site_id = $1
ORDER BY version DESC
LIMIT $2
