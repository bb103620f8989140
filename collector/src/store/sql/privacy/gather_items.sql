INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, 'item', id, {random}
FROM events
WHERE site_id = $1 AND visitor_id IN {of visitor}
ON CONFLICT DO NOTHING
