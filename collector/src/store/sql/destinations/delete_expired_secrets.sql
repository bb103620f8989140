DELETE FROM destination_secrets
WHERE site_id = $1 AND destination_id = $2 AND expires_at <= $3
