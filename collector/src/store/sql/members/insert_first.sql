INSERT INTO workspace_members (workspace_id, user_id, role, joined_at)
SELECT workspaces.id, users.id, 'owner', $1
FROM workspaces
CROSS JOIN users
WHERE workspaces.is_first AND users.role = 'owner'
  AND NOT EXISTS (
    SELECT 1
    FROM workspace_members AS there
    WHERE there.workspace_id = workspaces.id AND there.role = 'owner'
  )
ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role
