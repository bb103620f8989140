UPDATE visitor_users AS own SET shared = TRUE
WHERE site_id = ?1 AND visitor_id = ?2 AND NOT shared
  AND EXISTS (
      SELECT 1
      FROM visitor_users AS other
      WHERE other.site_id = own.site_id AND other.visitor_id = own.visitor_id AND other.user_id <> own.user_id
  )
