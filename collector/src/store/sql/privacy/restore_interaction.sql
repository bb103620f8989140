UPDATE interactions SET
    email_hash = $3,
    visitor_id = $4
WHERE site_id = $1 AND id = $2
