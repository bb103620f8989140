SELECT
    r.order_key, r.at, r.item_id, r.visitor_id, r.amount, r.currency,
    o.at AS order_at, o.amount AS order_amount, o.currency AS order_currency
FROM refunds AS r
LEFT JOIN orders AS o ON o.site_id = r.site_id AND o.order_key = r.order_key
WHERE r.site_id = $1
  AND r.order_key IN (SELECT order_key FROM refunds WHERE site_id = $1 AND at >= $2 AND at < $3)
  {filters}
