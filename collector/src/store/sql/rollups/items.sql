-- What happened from one moment until before another in sessions that are there, by the hour. Both are at the beginning of one.
SELECT
    e.at / 3600000 AS hour,
    COALESCE(v.bot_decision, v.device_type = 'bot', FALSE) AS bot,
    COUNT(CASE WHEN e.kind = 'page_view' THEN 1 END) AS page_views,
    COUNT(CASE WHEN e.kind = 'event' THEN 1 END) AS events,
    COUNT(CASE WHEN e.conversion THEN 1 END) AS conversions
FROM events AS e
JOIN sessions AS s ON s.site_id = e.site_id AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
JOIN visitors AS v ON v.site_id = e.site_id AND v.visitor_id = e.visitor_id
WHERE e.site_id = $1 AND {second} >= $2 / 1000 AND {second} < $3 / 1000
GROUP BY e.at / 3600000, COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)
