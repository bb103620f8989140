-- One session id may stand for two visitors, where the browser got a new visitor id within a session.
SELECT
    visitor_id, session_id, started_at, last_at, page_views, events, entry_url, exit_url, ga_client_id, ga_session_id,
    touched, touch_at, source, medium, campaign, term, content, channel, click_ids, landing_url, referrer,
    device_type, browser, os, country, region, city, language, time_zone, rules, ip, past_visible_ms,
    (SELECT COALESCE(v.bot_decision, v.device_type = 'bot', FALSE) FROM visitors AS v
     WHERE v.site_id = sessions.site_id AND v.visitor_id = sessions.visitor_id) AS bot
FROM sessions {index}
WHERE site_id = $1
  AND (started_at, session_id, visitor_id) < ($2, $3, $4)
  {filters}
ORDER BY started_at DESC, session_id DESC, visitor_id DESC
LIMIT $5
