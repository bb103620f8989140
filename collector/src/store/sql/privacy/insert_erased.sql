INSERT INTO erased_ids (site_id, hash, generation)
SELECT $1, $2, COALESCE(MAX(latest.generation), 0) + 1
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
