UPDATE audit SET
    subject = $3,
    detail = $4
WHERE site_id = $1 AND id = $2
