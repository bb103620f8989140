-- The addresses that some users told last.
SELECT told.email_hash
FROM user_emails AS told
WHERE told.site_id = $1 AND told.user_id IN ({users})
  AND NOT EXISTS (
      SELECT 1
      FROM user_emails AS later
      WHERE later.site_id = told.site_id AND later.email_hash = told.email_hash
        AND (later.last_at, later.user_id) > (told.last_at, told.user_id)
  )
