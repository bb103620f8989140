SELECT COUNT(*)
FROM workspace_invitations
WHERE workspace_id = $1 AND used_at IS NULL
