INSERT INTO user_emails (site_id, email_hash, user_id, last_at)
VALUES {rows}
ON CONFLICT (site_id, email_hash, user_id) DO UPDATE SET last_at = excluded.last_at
WHERE excluded.last_at > user_emails.last_at
