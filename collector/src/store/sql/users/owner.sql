SELECT id, email, password_hash IS NOT NULL, created_at
FROM users
WHERE role = 'owner'
