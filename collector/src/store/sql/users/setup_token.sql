SELECT user_id, expires_at, used_at
FROM setup_tokens
WHERE token_hash = $1
