-- Items whose visitor is not there.
SELECT e.visitor_id, CAST(0 AS BIGINT) AS stored, COUNT(*) AS counted
FROM events AS e
LEFT JOIN visitors AS v ON v.site_id = e.site_id AND v.visitor_id = e.visitor_id
WHERE e.site_id = $1 AND e.visitor_id > $2 AND e.visitor_id <= $3 AND v.visitor_id IS NULL AND $4 = $4
GROUP BY e.visitor_id
