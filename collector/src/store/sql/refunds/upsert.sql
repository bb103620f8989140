INSERT INTO refunds (site_id, order_key, refund_key, at, item_id, visitor_id, amount, currency)
VALUES {rows}
ON CONFLICT (site_id, order_key, refund_key) DO UPDATE SET
    at = excluded.at,
    item_id = excluded.item_id,
    visitor_id = excluded.visitor_id,
    amount = excluded.amount,
    currency = excluded.currency
WHERE (excluded.amount IS NULL, excluded.at, excluded.item_id, excluded.visitor_id)
    < (refunds.amount IS NULL, refunds.at, refunds.item_id, refunds.visitor_id)
