(
    SELECT m.user_id
    FROM user_emails AS m
    WHERE m.site_id = {t}.site_id AND m.email_hash = {t}.email_hash
    ORDER BY m.last_at DESC, m.user_id DESC
    LIMIT 1
)
