UPDATE visitor_users SET
    visitor_id = {visitor visitor_users.visitor_id},
    user_id = {user visitor_users.user_id}
