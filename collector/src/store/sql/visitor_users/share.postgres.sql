-- Whoever else adds a user to one of these visitors waits for this transaction, which has written the visitor's row.
UPDATE visitor_users AS own SET shared = TRUE
FROM (VALUES {rows}) AS joined (site_id, visitor_id)
WHERE own.site_id = joined.site_id AND own.visitor_id = joined.visitor_id AND NOT own.shared
  AND EXISTS (
      SELECT 1
      FROM visitor_users AS other
      WHERE other.site_id = own.site_id AND other.visitor_id = own.visitor_id AND other.user_id <> own.user_id
  )
