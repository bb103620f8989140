INSERT INTO workspaces (name, created_at)
VALUES ($1, $2)
RETURNING id, name, created_at
