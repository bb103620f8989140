SELECT id, at, told
FROM alert_history
WHERE site_id = $1 AND alert_id = $2 AND (at, id) < ($3, $4)
ORDER BY at DESC, id DESC
LIMIT $5
