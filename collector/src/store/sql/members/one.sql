SELECT role, EXISTS (
    SELECT 1
    FROM workspace_members AS others
    WHERE others.workspace_id = $1 AND others.user_id <> $2 AND others.role = 'owner'
)
FROM workspace_members
WHERE workspace_id = $1 AND user_id = $2
