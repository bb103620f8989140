SELECT v.order_key, r.at, r.item_id, r.visitor_id, r.amount, r.currency, v.at AS order_at, v.amount AS order_amount,
       v.currency AS order_currency
FROM orders AS v
JOIN refunds AS r ON r.site_id = v.site_id AND r.order_key = v.order_key
WHERE {whose}
