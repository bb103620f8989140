-- Of sessions from before $4 some items may be gone for their age, and of a visitor who is thinned with somebody who was erased.
SELECT s.visitor_id, s.{column} AS stored, COALESCE(c.items, 0) AS counted
FROM sessions AS s
LEFT JOIN visitors AS v ON v.site_id = s.site_id AND v.visitor_id = s.visitor_id
LEFT JOIN (
    SELECT visitor_id, session_id, COUNT(*) AS items
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND kind = '{kind}'
    GROUP BY visitor_id, session_id
) AS c ON c.visitor_id = s.visitor_id AND c.session_id = s.session_id
WHERE s.site_id = $1 AND s.visitor_id > $2 AND s.visitor_id <= $3
  AND s.{column} <> COALESCE(c.items, 0)
  AND (s.started_at >= $4 AND NOT COALESCE(v.thinned, FALSE) OR s.{column} < COALESCE(c.items, 0))
