UPDATE imports
SET state = 'interrupted', ended_at = alive_at
WHERE site_id = $1 AND ended_at IS NULL AND alive_at < $2
