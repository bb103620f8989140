UPDATE consents SET
    visitor_id = {visitor consents.visitor_id},
    item_id = {item consents.item_id}
