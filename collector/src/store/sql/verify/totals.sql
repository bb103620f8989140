SELECT
    (SELECT COUNT(*) FROM visitors WHERE site_id = $1) AS visitors,
    (SELECT COUNT(*) FROM sessions WHERE site_id = $1) AS sessions,
    (SELECT COUNT(*) FROM events WHERE site_id = $1) AS items,
    (SELECT COUNT(*) FROM events WHERE site_id = $1 AND conversion) AS conversions
