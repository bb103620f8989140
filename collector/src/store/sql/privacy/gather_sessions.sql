INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT site_id, 'session', session_id, {random}
FROM (
    SELECT site_id, session_id
    FROM sessions
    WHERE site_id = $1 AND visitor_id IN {of visitor}
    UNION
    SELECT site_id, session_id
    FROM events
    WHERE site_id = $1 AND visitor_id IN {of visitor}
) AS told
WHERE TRUE
ON CONFLICT DO NOTHING
