SELECT order_key, order_id, at, item_id, visitor_id, session_id, name, amount, currency
FROM orders
WHERE site_id = $1
  AND (at, item_id, visitor_id) < ($2, $3, $4)
  {filters}
ORDER BY at DESC, item_id DESC, visitor_id DESC
LIMIT $5
