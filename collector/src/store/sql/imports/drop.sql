DELETE FROM imports
WHERE site_id = $1 AND id = $2 AND ended_at IS NULL
