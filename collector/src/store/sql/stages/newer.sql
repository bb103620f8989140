SELECT site_id, version, generation, document
FROM stage_definitions
WHERE generation > $1
ORDER BY generation
