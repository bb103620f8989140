SELECT s.visitor_id, s.{column} AS stored, c.at AS counted
FROM sessions AS s
LEFT JOIN visitors AS v ON v.site_id = s.site_id AND v.visitor_id = s.visitor_id
LEFT JOIN (
    SELECT visitor_id, session_id, {extreme}(at) AS at
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND kind = 'page_view' AND url IS NOT NULL
    GROUP BY visitor_id, session_id
) AS c ON c.visitor_id = s.visitor_id AND c.session_id = s.session_id
WHERE s.site_id = $1 AND s.visitor_id > $2 AND s.visitor_id <= $3
  AND s.started_at >= $4 AND NOT COALESCE(v.thinned, FALSE) AND s.{column} IS DISTINCT FROM c.at
