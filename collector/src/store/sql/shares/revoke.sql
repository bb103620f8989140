UPDATE shares
SET revoked_at = $3
WHERE site_id = $1 AND id = $2 AND revoked_at IS NULL
