UPDATE interactions AS i SET
    was_matched = TRUE,
    user_id = NULL,
    visitor_id = NULL,
    email_hash = NULL,
    source = NULL,
    campaign = NULL,
    subject = NULL,
    labels = NULL,
    props = NULL
WHERE i.site_id = $1 AND i.id IN {of contact} AND NOT {i.matched}
