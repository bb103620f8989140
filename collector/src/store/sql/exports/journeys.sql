SELECT
    visitor_id, name, user_id, account_id, first_at, last_at, total_sessions, total_page_views, total_events,
    ga_client_id, ga_session_id, touched, touch_at, source, medium, campaign, term, content, channel, click_ids,
    landing_url, referrer, device_type, browser, os, country, region, city, language, time_zone,
    rules, bot_decision
FROM visitors
WHERE site_id = $1
  AND (last_at, visitor_id, visitor_id) > ($2, $3, $4)
  AND last_at < $5
  {filters}
ORDER BY last_at, visitor_id
LIMIT $6
