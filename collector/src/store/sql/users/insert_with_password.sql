INSERT INTO users (role, email, password_hash, created_at)
VALUES ('member', $1, $2, $3)
RETURNING id
