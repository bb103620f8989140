-- How some visitors came to their last session.
SELECT
    visitor_id, started_at, touched, touch_at, source, medium, campaign, term, content, channel, click_ids, landing_url, referrer
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY visitor_id ORDER BY started_at DESC, session_id DESC) AS place
    FROM sessions
    WHERE site_id = $1 AND visitor_id IN ({list})
) AS own
WHERE place = 1
