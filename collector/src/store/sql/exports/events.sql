SELECT
    events.id, kind, at, received_at, visitor_id, session_id, page_view_id, name, url, title, referrer,
    CAST(props AS TEXT) AS props, conversion, value, currency, user_id, visible_ms, scroll_max,
    (SELECT COALESCE(v.bot_decision, v.device_type = 'bot', FALSE) FROM visitors AS v
     WHERE v.site_id = events.site_id AND v.visitor_id = events.visitor_id) AS bot
FROM events
LEFT JOIN page_views
    ON page_views.site_id = events.site_id AND page_views.id = events.id AND events.kind = 'page_view'
WHERE events.site_id = $1
  AND {second} >= $2 / 1000
  AND {second} <= $5 / 1000
  AND (at, events.id, visitor_id) > ($2, $3, $4)
  AND at < $5
  {filters}
ORDER BY {second}, at, events.id, visitor_id
LIMIT $6
