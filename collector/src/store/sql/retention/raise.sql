INSERT INTO retention (site_id, name, days, kept_from, swept_to, generation)
SELECT $1, $2, NULL, $3, 0, COALESCE(MAX(latest.generation), 0) + 1
FROM ({generations}) AS latest
WHERE TRUE
ON CONFLICT (site_id, name) DO UPDATE SET
    kept_from = CASE WHEN excluded.kept_from > retention.kept_from THEN excluded.kept_from ELSE retention.kept_from END,
    generation = excluded.generation
