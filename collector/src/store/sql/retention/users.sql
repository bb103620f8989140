-- Users whom no other browser names.
SELECT DISTINCT user_id
FROM visitor_users
WHERE site_id = $1 AND visitor_id IN {of visitor}
  AND NOT EXISTS (
      SELECT 1
      FROM visitor_users AS other
      WHERE other.site_id = visitor_users.site_id AND other.user_id = visitor_users.user_id
        AND other.visitor_id NOT IN {of visitor}
  )
