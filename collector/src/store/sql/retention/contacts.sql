-- Interactions that are somebody's, perhaps only theirs.
INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT i.site_id, 'contact', i.id, i.id
FROM interactions AS i
WHERE i.site_id = $1
  AND (
      i.visitor_id IN {of visitor}
      OR i.user_id IN {texts user}
      OR i.email_hash IN (SELECT m.email_hash FROM user_emails AS m WHERE m.site_id = $1 AND m.user_id IN {texts user})
  )
  AND {i.matched}
ON CONFLICT DO NOTHING
