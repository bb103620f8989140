DELETE FROM page_views
WHERE site_id = $1 AND id IN ({list})
RETURNING id, visible_ms
