UPDATE workspace_invitations
SET used_at = $2
WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING workspace_id, id, email, role
