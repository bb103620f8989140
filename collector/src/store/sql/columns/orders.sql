SELECT visitor_id, session_id, at, order_key, name, amount, currency, item_id
FROM orders AS v
WHERE {whose}
