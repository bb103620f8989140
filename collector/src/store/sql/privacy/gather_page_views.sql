-- Page views that only pings or events tell of.
INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, 'item', page_view_id, {random}
FROM (
    SELECT DISTINCT site_id, page_view_id
    FROM events
    WHERE site_id = $1 AND visitor_id IN {of visitor} AND page_view_id IS NOT NULL
) AS told
WHERE TRUE
ON CONFLICT DO NOTHING
