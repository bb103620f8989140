-- For how long pages were visible stays with their session, as when they go for their age.
UPDATE sessions SET
    past_visible_ms = past_visible_ms + COALESCE((
        SELECT SUM(p.visible_ms)
        FROM events AS e
        JOIN page_views AS p ON p.site_id = e.site_id AND p.id = e.id
        WHERE e.site_id = sessions.site_id AND e.visitor_id = sessions.visitor_id AND e.session_id = sessions.session_id
          AND e.kind = 'page_view' AND e.id IN {of item}
    ), 0)
WHERE site_id = $1 AND visitor_id IN {of shared} AND session_id IN {of seen}
