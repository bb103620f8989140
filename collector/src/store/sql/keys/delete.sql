DELETE FROM api_keys
WHERE workspace_id = $1 AND id = $2
