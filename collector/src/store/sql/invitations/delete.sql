DELETE FROM workspace_invitations
WHERE workspace_id = $1 AND id = $2 AND used_at IS NULL
