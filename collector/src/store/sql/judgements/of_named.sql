visitor_id IN (
    SELECT visitor_id
    FROM visitors
    WHERE site_id = $1 AND visitor_id IN ({visitors})
    UNION
    SELECT visitor_id
    FROM visitor_users
    WHERE site_id = $1 AND user_id IN ({users})
    UNION
    SELECT named.visitor_id
    FROM user_emails AS told
    JOIN visitor_users AS named ON named.site_id = told.site_id AND named.user_id = told.user_id
    WHERE told.site_id = $1 AND told.email_hash IN ({emails})
)
