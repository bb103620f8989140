-- Each is the person's by one id alone: of the users, if there is one, else of the browsers.
UPDATE interactions SET
    id = (
        SELECT e.fresh
        FROM erasing_ids AS e
        WHERE e.site_id = $1 AND e.kind = 'contact' AND e.old = interactions.id
    ),
    user_id = (
        SELECT MIN(e.fresh)
        FROM erasing_texts AS e
        WHERE e.site_id = $1 AND e.kind = 'user'
    ),
    visitor_id = CASE
        WHEN EXISTS (SELECT 1 FROM erasing_texts AS e WHERE e.site_id = $1 AND e.kind = 'user') THEN NULL
        ELSE {visitor interactions.visitor_id}
    END,
    email_hash = NULL,
    campaign = {plain campaign},
    source = {plain source},
    subject = NULL,
    labels = NULL,
    props = NULL
