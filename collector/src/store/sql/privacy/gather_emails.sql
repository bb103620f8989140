-- Addresses that nobody else has told.
INSERT INTO erasing_texts (site_id, kind, old, fresh)
SELECT DISTINCT t.site_id, 'email', t.email_hash, ''
FROM user_emails AS t
WHERE t.site_id = $1 AND t.user_id IN {texts user}
  AND NOT EXISTS (
      SELECT 1
      FROM user_emails AS other
      WHERE other.site_id = t.site_id AND other.email_hash = t.email_hash AND other.user_id NOT IN {texts user}
  )
