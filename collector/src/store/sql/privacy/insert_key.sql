INSERT INTO privacy_keys (site_id, secret, made_at)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
