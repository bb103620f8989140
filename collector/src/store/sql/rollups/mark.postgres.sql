-- Hours of items, of sessions that the items are of, of the next session of whoever has a new one, which may not be their first any
-- more, and of the sessions of page views that pings tell of. By now the visitors' rows are this transaction's, so that nobody
-- else is storing one of these sessions. The next session is looked for among the visitor's (`+ 0`): the index by start, which has
-- the order, would go through everybody's sessions since. A page view is looked for as the first of an order that only the key has:
-- to a planner who knows of few items, those of a visitor, of a session and of a second are no more than the one.
WITH told (site_id, hour, visitor_id, session_id, is_new, page_view_id) AS (
    VALUES {rows}
)
INSERT INTO rollup_marks (site_id, hour)
SELECT t.site_id, t.hour
FROM told AS t
WHERE t.hour IS NOT NULL
UNION
SELECT s.site_id, s.started_at / 3600000
FROM told AS t
JOIN sessions AS s ON s.site_id = t.site_id AND s.visitor_id = t.visitor_id AND s.session_id = t.session_id
UNION
SELECT next.site_id, next.started_at / 3600000
FROM told AS t
JOIN sessions AS s ON s.site_id = t.site_id AND s.visitor_id = t.visitor_id AND s.session_id = t.session_id
JOIN LATERAL (
    SELECT o.site_id, o.started_at
    FROM sessions AS o
    WHERE o.site_id = s.site_id AND o.visitor_id = s.visitor_id AND (o.started_at + 0, o.session_id) > (s.started_at, s.session_id)
    ORDER BY o.started_at + 0, o.session_id
    LIMIT 1
) AS next ON TRUE
WHERE t.is_new
UNION
SELECT s.site_id, s.started_at / 3600000
FROM told AS t
JOIN LATERAL (
    SELECT i.site_id, i.visitor_id, i.session_id
    FROM events AS i
    WHERE i.site_id = t.site_id AND i.visitor_id = t.visitor_id AND i.id BETWEEN t.page_view_id AND t.page_view_id
    ORDER BY i.id
    LIMIT 1
) AS e ON TRUE
JOIN sessions AS s ON s.site_id = e.site_id AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
ON CONFLICT DO NOTHING
