-- Definitions, and erased ids and limits of age, which have no version.
SELECT site_id, version, generation, document
FROM stage_definitions
WHERE generation > $1
UNION ALL
SELECT site_id, 0, generation, hash
FROM erased_ids
WHERE generation > $1
UNION ALL
SELECT site_id, -1, generation, CAST(kept_from AS TEXT) || ' ' || name
FROM retention
WHERE generation > $1
ORDER BY generation
