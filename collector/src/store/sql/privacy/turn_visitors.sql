UPDATE visitors SET
    user_id = {user visitors.user_id},
    first_item = {item visitors.first_item},
    last_item = {item visitors.last_item},
    user_item = {item visitors.user_item}
WHERE site_id = $1 AND visitor_id IN {of shared}
