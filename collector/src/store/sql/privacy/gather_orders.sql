INSERT INTO erasing_texts (site_id, kind, old, fresh)
SELECT site_id, 'order', order_key, substr(order_key, 1, 1) || {word}
FROM orders
WHERE site_id = $1 AND visitor_id IN {browsers} AND item_id IN {of item}
