-- What names a user or a browser is that one's.
INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT i.site_id, 'contact', i.id, {random}
FROM interactions AS i
WHERE i.site_id = $1 AND i.email_hash IN {texts email} AND i.user_id IS NULL AND i.visitor_id IS NULL
ON CONFLICT DO NOTHING
