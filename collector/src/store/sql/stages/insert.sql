INSERT INTO stage_definitions (site_id, version, generation, document, changed_at, changed_by)
SELECT $1, $2, COALESCE(MAX(latest.generation), 0) + 1, $3, $4, $5
FROM (
    SELECT MAX(generation) AS generation
    FROM stage_definitions
    UNION ALL
    SELECT MAX(generation)
    FROM erased_ids
    UNION ALL
    SELECT MAX(generation)
    FROM retention
) AS latest
WHERE TRUE
ON CONFLICT DO NOTHING
