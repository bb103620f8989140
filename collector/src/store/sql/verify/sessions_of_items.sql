-- Page views and events whose session is not there.
SELECT e.visitor_id, CAST(0 AS BIGINT) AS stored, COUNT(*) AS counted
FROM events AS e
LEFT JOIN sessions AS s
    ON s.site_id = e.site_id AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
WHERE e.site_id = $1 AND e.visitor_id > $2 AND e.visitor_id <= $3 AND e.kind IN ('page_view', 'event')
  AND s.session_id IS NULL AND $4 = $4
GROUP BY e.visitor_id
