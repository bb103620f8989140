SELECT told
FROM alert_history
WHERE site_id = $1 AND alert_id = $2 AND id = $3
