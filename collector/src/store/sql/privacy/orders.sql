UPDATE orders SET
    order_id = CASE WHEN order_id IS NOT NULL THEN substr({order orders.order_key}, 2) END,
    order_key = {order orders.order_key},
    item_id = {item orders.item_id},
    visitor_id = {visitor orders.visitor_id},
    session_id = {session orders.session_id}
