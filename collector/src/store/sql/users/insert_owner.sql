INSERT INTO users (role, created_at)
VALUES ('owner', $1)
ON CONFLICT DO NOTHING
