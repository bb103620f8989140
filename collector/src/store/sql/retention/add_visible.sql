WITH more (site_id, visitor_id, session_id, visible_ms) AS (
    VALUES {rows}
)
UPDATE sessions SET
    past_visible_ms = past_visible_ms + more.visible_ms
FROM more
WHERE sessions.site_id = more.site_id AND sessions.visitor_id = more.visitor_id AND sessions.session_id = more.session_id
