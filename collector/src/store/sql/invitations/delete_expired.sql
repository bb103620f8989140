DELETE FROM workspace_invitations
WHERE workspace_id = $1 AND expires_at <= $2
