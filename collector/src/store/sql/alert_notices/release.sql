UPDATE alert_notices
SET due_at = $2, attempts = attempts - 1, claim = NULL
WHERE claim = $1
