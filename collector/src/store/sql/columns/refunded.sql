-- Whose orders these visitors' refunds are of.
SELECT o.visitor_id
FROM refunds AS v
JOIN orders AS o ON o.site_id = v.site_id AND o.order_key = v.order_key
WHERE {whose} AND o.visitor_id <> v.visitor_id
