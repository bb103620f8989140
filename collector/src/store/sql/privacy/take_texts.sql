INSERT INTO erasing_texts (site_id, kind, old, fresh)
SELECT site_id, kind, fresh, old
FROM pending_texts
WHERE site_id = $1 AND erasure_id = $2 AND fresh <> ''
