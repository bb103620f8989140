-- The user of the browser then: of a shared one, whom its items named last before, else whom they named first.
CASE
    WHEN EXISTS (
        SELECT 1
        FROM visitor_users AS u
        WHERE u.site_id = {t}.site_id AND u.visitor_id = {t}.visitor_id AND u.shared
    )
    THEN COALESCE((
        SELECT e.user_id
        FROM events AS e
        WHERE e.site_id = {t}.site_id AND e.visitor_id = {t}.visitor_id AND e.user_id IS NOT NULL
          AND (e.at, e.id) <= ({t}.at, {t}.id)
        ORDER BY e.at DESC, e.id DESC
        LIMIT 1
    ), (
        SELECT e.user_id
        FROM events AS e
        WHERE e.site_id = {t}.site_id AND e.visitor_id = {t}.visitor_id AND e.user_id IS NOT NULL
        ORDER BY e.at, e.id
        LIMIT 1
    ))
    ELSE (
        SELECT u.user_id
        FROM visitor_users AS u
        WHERE u.site_id = {t}.site_id AND u.visitor_id = {t}.visitor_id
        LIMIT 1
    )
END
