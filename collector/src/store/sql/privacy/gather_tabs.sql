INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, 'tab', tab_id, {random}
FROM (
    SELECT DISTINCT site_id, tab_id
    FROM events
    WHERE site_id = $1 AND visitor_id IN {of visitor}
) AS told
WHERE TRUE
ON CONFLICT DO NOTHING
