-- Sessions that began from one moment until before another, with what their items add up to.
SELECT
    s.visitor_id, s.started_at, s.last_at, s.page_views, s.events, s.touched, s.source, s.medium, s.campaign, s.channel,
    COALESCE(v.bot_decision, v.device_type = 'bot', FALSE) AS bot,
    NOT EXISTS (
        SELECT 1
        FROM sessions AS o {by sessions_of_visitor}
        WHERE o.site_id = s.site_id AND o.visitor_id = s.visitor_id
          AND (o.started_at, o.session_id) < (s.started_at, s.session_id)
    ) AS is_first,
    COUNT(CASE WHEN e.kind = 'page_view' THEN 1 END) AS page_views_there,
    COUNT(CASE WHEN e.kind = 'event' THEN 1 END) AS events_there,
    COUNT(CASE WHEN e.conversion THEN 1 END) AS conversions,
    CAST(s.past_visible_ms + COALESCE(SUM(p.visible_ms), 0) AS BIGINT) AS visible_ms
FROM sessions AS s {by sessions_by_start}
JOIN visitors AS v ON v.site_id = s.site_id AND v.visitor_id = s.visitor_id
LEFT JOIN events AS e ON e.site_id = s.site_id AND e.session_id = s.session_id AND e.visitor_id = s.visitor_id
LEFT JOIN page_views AS p ON e.kind = 'page_view' AND p.site_id = e.site_id AND p.id = e.id
WHERE s.site_id = $1 AND s.started_at >= $2 AND s.started_at < $3
GROUP BY s.site_id, s.visitor_id, s.session_id, v.site_id, v.visitor_id
