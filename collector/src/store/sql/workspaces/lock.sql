UPDATE workspaces
SET name = name
WHERE id = $1
