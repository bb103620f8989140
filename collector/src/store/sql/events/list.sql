SELECT
    events.id, kind, at, received_at, visitor_id, session_id, page_view_id, name, url, title, referrer,
    CAST(props AS TEXT) AS props, conversion, value, currency, user_id, visible_ms, scroll_max,
    (SELECT COALESCE(v.bot_decision, v.device_type = 'bot', FALSE) FROM visitors AS v
     WHERE v.site_id = events.site_id AND v.visitor_id = events.visitor_id) AS bot
FROM events
LEFT JOIN page_views
    ON page_views.site_id = events.site_id AND page_views.id = events.id AND events.kind = 'page_view'
WHERE events.site_id = $1
  AND (at, events.id) < ($2, $3)
  {second}
  {filters}
ORDER BY {order}at DESC, events.id DESC
LIMIT $4
