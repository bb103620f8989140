SELECT site_id
FROM told_emails
LIMIT 1
