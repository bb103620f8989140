INSERT INTO stage_definitions (site_id, version, generation, document, changed_at, changed_by)
SELECT $1, $2, COALESCE(MAX(generation), 0) + 1, $3, $4, $5
FROM stage_definitions
WHERE TRUE
ON CONFLICT DO NOTHING
