SELECT MIN(due_at)
FROM alert_notices
WHERE state = 'waiting'
