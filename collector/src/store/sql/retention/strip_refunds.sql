UPDATE refunds SET
    order_key = CASE WHEN substr(order_key, 1, 1) = 'i' THEN 'i' || {word} ELSE order_key END,
    refund_key = CASE WHEN substr(refund_key, 1, 1) = 'i' THEN 'i' || {word} ELSE refund_key END,
    of_bot = visitor_id IN {of bot},
    item_id = {random},
    visitor_id = {visitor refunds.visitor_id}
WHERE site_id = $1 AND visitor_id IN {of visitor}
