UPDATE events SET
    id = {item events.id},
    visitor_id = {visitor events.visitor_id},
    session_id = {session events.session_id},
    tab_id = {tab events.tab_id},
    page_view_id = {item events.page_view_id},
    name = CASE WHEN events.kind = 'group' THEN NULL ELSE name END,
    url = {clean url},
    title = NULL,
    referrer = {clean referrer},
    props = NULL,
    user_id = {user events.user_id}
