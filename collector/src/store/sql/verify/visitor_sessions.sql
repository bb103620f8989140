SELECT v.visitor_id, v.total_sessions AS stored, COALESCE(c.items, 0) AS counted
FROM visitors AS v
LEFT JOIN (
    SELECT visitor_id, COUNT(*) AS items
    FROM sessions
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3
    GROUP BY visitor_id
) AS c ON c.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.visitor_id > $2 AND v.visitor_id <= $3
  AND v.total_sessions <> COALESCE(c.items, 0) AND $4 = $4
