SELECT id, password_hash
FROM users
WHERE email = $1 AND password_hash IS NOT NULL
