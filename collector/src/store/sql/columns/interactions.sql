-- By an address, an interaction is with whoever told it last.
SELECT
    id, at, channel, kind, direction, source, campaign, user_id, visitor_id,
    (
        SELECT m.user_id
        FROM user_emails AS m
        WHERE m.site_id = v.site_id AND m.email_hash = v.email_hash
        ORDER BY m.last_at DESC, m.user_id DESC
        LIMIT 1
    ) AS email_user
FROM interactions AS v
WHERE {whose}
