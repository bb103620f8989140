DELETE FROM deliveries
WHERE site_id = $1 AND created_at < $2
