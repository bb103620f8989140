SELECT visitors.visitor_id, ga_client_id, ga_session_id
FROM visitor_users
JOIN visitors ON visitors.site_id = visitor_users.site_id AND visitors.visitor_id = visitor_users.visitor_id
WHERE visitor_users.site_id = $1 AND visitor_users.user_id = $2 AND ga_client_id IS NOT NULL
ORDER BY shared, ga_at DESC, visitors.visitor_id
LIMIT 1
