UPDATE alert_notices
SET state = $5, due_at = $6, status = $7, error = $8, attempts = attempts - $9, claim = NULL
WHERE site_id = $1 AND alert_id = $2 AND id = $3 AND claim = $4
