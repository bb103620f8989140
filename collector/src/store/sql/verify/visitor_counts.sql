-- Of visitors from before $4 some items may be gone for their age, and of those who are thinned with somebody who was erased.
SELECT v.visitor_id, v.{column} AS stored, COALESCE(c.items, 0) AS counted
FROM visitors AS v
LEFT JOIN (
    SELECT visitor_id, COUNT(*) AS items
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND kind = '{kind}'
    GROUP BY visitor_id
) AS c ON c.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.visitor_id > $2 AND v.visitor_id <= $3
  AND v.{column} <> COALESCE(c.items, 0)
  AND (v.first_at >= $4 AND NOT v.thinned OR v.{column} < COALESCE(c.items, 0))
