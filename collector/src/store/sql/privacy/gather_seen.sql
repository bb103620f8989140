-- Of browsers that others used too, the sessions that they were in.
INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, 'seen', session_id, session_id
FROM (
    SELECT DISTINCT site_id, session_id
    FROM events
    WHERE site_id = $1 AND visitor_id IN {of shared} AND id IN {of item}
) AS told
WHERE TRUE
ON CONFLICT DO NOTHING
