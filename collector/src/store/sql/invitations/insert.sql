INSERT INTO workspace_invitations (workspace_id, id, token_hash, email, role, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
