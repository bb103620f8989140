INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT i.site_id, 'contact', i.id, {random}
FROM interactions AS i
WHERE i.site_id = $1
  {filters}
ON CONFLICT DO NOTHING
