-- How some visitors came to their last session. Which one that is, is found without the rest of their rows: some have hundreds.
SELECT
    s.visitor_id, s.started_at, s.touched, s.touch_at, s.source, s.medium, s.campaign, s.term, s.content, s.channel, s.click_ids,
    s.landing_url, s.referrer
FROM (
    SELECT visitor_id, session_id, ROW_NUMBER() OVER (PARTITION BY visitor_id ORDER BY started_at DESC, session_id DESC) AS place
    FROM sessions {by sessions_by_visitor}
    WHERE site_id = $1 AND visitor_id IN ({list})
) AS own
JOIN sessions AS s {by sessions_by_visitor} ON s.site_id = $1 AND s.visitor_id = own.visitor_id AND s.session_id = own.session_id
WHERE own.place = 1
