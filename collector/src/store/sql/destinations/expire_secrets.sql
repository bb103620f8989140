UPDATE destination_secrets
SET expires_at = $3
WHERE site_id = $1 AND destination_id = $2 AND expires_at IS NULL
