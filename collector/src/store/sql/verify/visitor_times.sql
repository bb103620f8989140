-- Page pings have no row and may have been the first or the last of all.
SELECT v.visitor_id, v.{column} AS stored, c.at AS counted
FROM visitors AS v
JOIN (
    SELECT visitor_id, {extreme}(at) AS at
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND session_id IN (
        SELECT session_id
        FROM sessions
        WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3
    )
    GROUP BY visitor_id
) AS c ON c.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.visitor_id > $2 AND v.visitor_id <= $3
  AND v.{column} {beyond} c.at AND $4 = $4
