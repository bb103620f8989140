INSERT INTO orders (site_id, order_key, order_id, at, item_id, visitor_id, session_id, name, amount, currency)
VALUES {rows}
ON CONFLICT (site_id, order_key) DO UPDATE SET
    at = excluded.at,
    item_id = excluded.item_id,
    visitor_id = excluded.visitor_id,
    session_id = excluded.session_id,
    name = excluded.name,
    amount = excluded.amount,
    currency = excluded.currency
WHERE (excluded.amount IS NULL, excluded.at, excluded.item_id, excluded.visitor_id)
    < (orders.amount IS NULL, orders.at, orders.item_id, orders.visitor_id)
