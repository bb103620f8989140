SELECT members.workspace_id, members.user_id, users.email, members.role, members.joined_at
FROM workspace_members AS members
JOIN users ON users.id = members.user_id
WHERE $1 IS NULL OR members.workspace_id = $1
ORDER BY members.workspace_id, members.user_id
