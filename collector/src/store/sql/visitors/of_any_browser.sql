({own} OR (u.user_id IS NOT NULL AND EXISTS (
    SELECT 1
    FROM visitor_users AS m
    JOIN visitors AS o ON o.site_id = m.site_id AND o.visitor_id = m.visitor_id
    WHERE m.site_id = v.site_id AND m.user_id = u.user_id AND ({other})
-- Asked once, and nearly always all there is to ask of links.
)) OR (EXISTS (SELECT 1 FROM person_links WHERE site_id = $1) AND (EXISTS (
    SELECT 1
    FROM person_links AS l
    WHERE l.site_id = v.site_id AND l.one = COALESCE('user:' || u.user_id, 'visitor:' || {digits})
) OR EXISTS (
    SELECT 1
    FROM person_links AS l
    WHERE l.site_id = v.site_id AND l.other = COALESCE('user:' || u.user_id, 'visitor:' || {digits})
))))
