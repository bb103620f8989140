-- Visitors by {place} of their person, the highest first.
SELECT
    judged.{place} AS place, visitors.visitor_id, name, user_id, account_id, first_at, last_at, total_sessions, total_page_views, total_events,
    ga_client_id, ga_session_id, touched, touch_at, source, medium, campaign, term, content, channel, click_ids,
    landing_url, referrer, device_type, browser, os, country, region, city, language, time_zone,
    rules, bot_decision
FROM judged_visitors AS judged
JOIN visitors ON visitors.site_id = judged.site_id AND visitors.visitor_id = judged.visitor_id
WHERE judged.site_id = $1
  AND (judged.{place}, judged.visitor_id) < ($2, $3)
  {filters}
ORDER BY judged.{place} DESC, judged.visitor_id DESC
LIMIT $4
