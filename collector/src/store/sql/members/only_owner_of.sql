SELECT own.workspace_id
FROM workspace_members AS own
WHERE own.user_id = $1 AND own.role = 'owner' AND NOT EXISTS (
    SELECT 1
    FROM workspace_members AS others
    WHERE others.workspace_id = own.workspace_id AND others.user_id <> $1 AND others.role = 'owner'
)
ORDER BY own.workspace_id
LIMIT 1
