-- A page stays open while its session may end, so its time counts for the session that it was opened in.
SELECT events.visitor_id, events.session_id, CAST(SUM(page_views.visible_ms) AS BIGINT) AS visible_ms
FROM events
JOIN page_views ON page_views.site_id = events.site_id AND page_views.id = events.id
WHERE events.site_id = $1 AND events.kind = 'page_view' AND events.session_id IN ({list})
GROUP BY events.visitor_id, events.session_id
