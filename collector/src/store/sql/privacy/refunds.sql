UPDATE refunds SET
    order_key = {order refunds.order_key},
    refund_key = CASE WHEN item_id IN {of item} THEN substr(refund_key, 1, 1) || {word} ELSE refund_key END,
    item_id = {item refunds.item_id},
    visitor_id = {visitor refunds.visitor_id}
