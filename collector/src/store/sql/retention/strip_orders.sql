-- What was sold for how much and when stays, by the shop's own number, so that another report of it is no other order. The key of
-- one without a number has the visitor in it.
UPDATE orders SET
    order_key = CASE WHEN order_id IS NULL THEN 'i' || {word} ELSE order_key END,
    of_bot = visitor_id IN {of bot},
    item_id = {random},
    session_id = {random},
    visitor_id = {visitor orders.visitor_id}
WHERE site_id = $1 AND visitor_id IN {of visitor}
