INSERT INTO users (role, email, created_at)
VALUES ('member', $1, $2)
RETURNING id
