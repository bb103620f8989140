SELECT MAX(latest.generation)
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
