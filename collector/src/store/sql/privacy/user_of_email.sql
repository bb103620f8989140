-- The user who told it last has it.
SELECT user_id
FROM user_emails
WHERE site_id = $1 AND email_hash = $2
ORDER BY last_at DESC, user_id DESC
LIMIT 1
