-- How some visitors came to their last session. With all of its columns at once: looking for its id again costs as much as all else.
SELECT
    v.visitor_id, s.started_at, s.touched, s.touch_at, s.source, s.medium, s.campaign, s.term, s.content, s.channel, s.click_ids,
    s.landing_url, s.referrer
FROM visitors AS v
CROSS JOIN LATERAL (
    SELECT *
    FROM sessions AS o
    WHERE o.site_id = v.site_id AND o.visitor_id = v.visitor_id
    ORDER BY o.started_at DESC, o.session_id DESC
    LIMIT 1
) AS s
WHERE v.site_id = $1 AND v.visitor_id IN ({list})
