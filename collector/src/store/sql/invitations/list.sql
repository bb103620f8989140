SELECT id, email, role, created_at, expires_at
FROM workspace_invitations
WHERE workspace_id = $1 AND used_at IS NULL AND expires_at > $2
ORDER BY created_at, id
