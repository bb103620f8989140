SELECT id, role, email, password_hash IS NOT NULL, created_at
FROM users
ORDER BY id
