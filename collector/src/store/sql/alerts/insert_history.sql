INSERT INTO alert_history (site_id, alert_id, id, at, told)
VALUES ($1, $2, $3, $4, $5)
