SELECT
    visitor_id, session_id, started_at, last_at, page_views, events, entry_url, exit_url, past_visible_ms,
    touched, source, medium, campaign, term, content, channel, referrer, device_type, browser, os, country, region, city, language
FROM sessions AS v
WHERE {whose}
