SELECT members.workspace_id, workspaces.name, members.role
FROM workspace_members AS members
JOIN workspaces ON workspaces.id = members.workspace_id
WHERE members.user_id = $1
ORDER BY members.workspace_id
