UPDATE visitors SET
    -- Whoever else used it is judged anew.
    revision = revision + 1,
    click_ids = CASE WHEN first_item IN {of item} THEN NULL ELSE click_ids END,
    landing_url = CASE WHEN first_item IN {of item} THEN {clean landing_url} ELSE landing_url END,
    referrer = CASE WHEN first_item IN {of item} THEN {clean referrer} ELSE referrer END,
    user_id = {user visitors.user_id},
    first_item = {item visitors.first_item},
    last_item = {item visitors.last_item},
    user_item = {item visitors.user_item}
WHERE site_id = $1 AND visitor_id IN {of shared}
