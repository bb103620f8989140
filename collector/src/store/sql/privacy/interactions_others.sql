-- What interactions of others say of them.
UPDATE interactions SET
    email_hash = CASE WHEN email_hash IN {texts email} THEN NULL ELSE email_hash END,
    visitor_id = {visitor interactions.visitor_id}
WHERE site_id = $1 AND (email_hash IN {texts email} OR visitor_id IN {of visitor})
