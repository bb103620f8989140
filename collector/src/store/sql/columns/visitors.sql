SELECT
    visitor_id, first_at, last_at, COALESCE(bot_decision, device_type = 'bot', FALSE) AS bot, user_id, account_id,
    EXISTS (
        SELECT 1
        FROM visitor_users AS u
        WHERE u.site_id = v.site_id AND u.visitor_id = v.visitor_id AND u.shared
    ) AS shared,
    touched, source, medium, campaign, term, content, channel, referrer, device_type, browser, os, country, region, city, language,
    -- Also of a milestone from before somebody was there, which is of no session and names nobody last.
    (
        SELECT u.user_id
        FROM visitor_users AS u
        WHERE u.site_id = v.site_id AND u.visitor_id = v.visitor_id AND NOT u.shared
        LIMIT 1
    ) AS owner
FROM visitors AS v
WHERE {whose}
