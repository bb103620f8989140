UPDATE setup_tokens
SET used_at = $1
WHERE user_id = $2 AND used_at IS NULL
