SELECT
    visitor_id, session_id, touched, touch_at, source, medium, campaign, term, content, channel, click_ids,
    landing_url, referrer
FROM sessions
WHERE site_id = $1 AND visitor_id IN ({list})
