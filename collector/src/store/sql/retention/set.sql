-- An event that gets a limit of its own begins where the site has come to.
INSERT INTO retention (site_id, name, days, kept_from, swept_to, generation)
SELECT $1, $2, $3,
    COALESCE((SELECT kept_from FROM retention WHERE site_id = $1 AND name = ''), 0),
    COALESCE((SELECT swept_to FROM retention WHERE site_id = $1 AND name = ''), 0),
    COALESCE(MAX(latest.generation), 0) + 1
FROM ({generations}) AS latest
WHERE TRUE
ON CONFLICT (site_id, name) DO UPDATE SET
    days = excluded.days,
    generation = excluded.generation
