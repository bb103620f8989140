({t}.user_id IS NOT NULL AND (EXISTS (
    SELECT 1
    FROM visitor_users AS u
    WHERE u.site_id = {t}.site_id AND u.user_id = {t}.user_id
) OR EXISTS (
    SELECT 1
    FROM person_links AS l
    WHERE l.site_id = {t}.site_id AND l.one = 'user:' || {t}.user_id
) OR EXISTS (
    SELECT 1
    FROM person_links AS l
    WHERE l.site_id = {t}.site_id AND l.other = 'user:' || {t}.user_id
)))
