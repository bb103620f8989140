INSERT INTO workspace_audit (workspace_id, id, at, actor, action, subject, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7)
