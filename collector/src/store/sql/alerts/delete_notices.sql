DELETE FROM alert_notices
WHERE site_id = $1 AND alert_id = $2
