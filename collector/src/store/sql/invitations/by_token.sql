SELECT invitations.workspace_id, workspaces.name, invitations.id, invitations.email, invitations.role,
    invitations.expires_at, invitations.used_at, users.id
FROM workspace_invitations AS invitations
JOIN workspaces ON workspaces.id = invitations.workspace_id
LEFT JOIN users ON users.email = invitations.email
WHERE invitations.token_hash = $1
