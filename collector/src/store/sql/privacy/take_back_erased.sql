-- Those who know the hash by now learn that it is none any more.
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
ON CONFLICT (site_id, hash) DO UPDATE SET
    generation = excluded.generation
