SELECT COALESCE(u.visitor_id, c.visitor_id) AS visitor_id, u.last_at AS stored, c.at AS counted
FROM (
    SELECT visitor_id, user_id, last_at
    FROM visitor_users
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3
) AS u
FULL JOIN (
    SELECT visitor_id, user_id, MAX(at) AS at
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND user_id IS NOT NULL
    GROUP BY visitor_id, user_id
) AS c ON c.visitor_id = u.visitor_id AND c.user_id = u.user_id
WHERE u.last_at IS DISTINCT FROM c.at
  AND (u.last_at IS NULL OR u.last_at >= $4 OR u.last_at < c.at)
