UPDATE imports
SET alive_at = $3, ended_at = $3, state = $4, bytes = $5, report = $6
WHERE site_id = $1 AND id = $2 AND ended_at IS NULL
