DELETE FROM told_emails
WHERE (site_id, told, user_id) IN (
    SELECT site_id, told, user_id
    FROM told_emails
    ORDER BY site_id, told, user_id
    LIMIT $1
)
RETURNING site_id, told, user_id, last_at
