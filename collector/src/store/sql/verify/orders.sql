-- Orders whose report is not there, though its visitor is.
SELECT o.visitor_id, CAST(1 AS BIGINT) AS stored, CAST(0 AS BIGINT) AS counted
FROM orders AS o
JOIN visitors AS v ON v.site_id = o.site_id AND v.visitor_id = o.visitor_id
LEFT JOIN events AS e ON e.site_id = o.site_id AND e.visitor_id = o.visitor_id AND e.id = o.item_id
WHERE o.site_id = $1 AND o.visitor_id > $2 AND o.visitor_id <= $3 AND o.at >= $4 AND NOT v.thinned AND e.id IS NULL
