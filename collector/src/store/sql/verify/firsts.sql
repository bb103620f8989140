-- A first time that is stored and that of the items; whichever is missing is null. What came first may be gone for its age, or with
-- somebody who was erased.
SELECT COALESCE(f.visitor_id, c.visitor_id) AS visitor_id, f.first_at AS stored, c.at AS counted
FROM (
    SELECT visitor_id, name, first_at
    FROM {table}
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 {names}
) AS f
FULL JOIN (
    SELECT visitor_id, name, MIN(at) AS at
    FROM events
    WHERE site_id = $1 AND visitor_id > $2 AND visitor_id <= $3 AND kind = '{kind}' {names}
    GROUP BY visitor_id, name
) AS c ON c.visitor_id = f.visitor_id AND c.name = f.name
LEFT JOIN visitors AS v ON v.site_id = $1 AND v.visitor_id = f.visitor_id
WHERE f.first_at IS DISTINCT FROM c.at
  AND (f.first_at IS NULL OR f.first_at >= $4 AND NOT COALESCE(v.thinned, FALSE) OR f.first_at > c.at)
