SELECT users.id, users.email, users.role
FROM logins
JOIN users ON users.id = logins.user_id
WHERE logins.token_hash = $1 AND logins.expires_at > $2
