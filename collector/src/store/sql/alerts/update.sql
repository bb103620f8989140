-- What was found by another rule is left, and the last window that is over is looked at by this one.
UPDATE alerts
SET name = $4, rule = $5, channels = $6, paused = $7, changed_at = $8,
    looked_until = CASE WHEN rule = $5 AND paused = $7 THEN looked_until END
WHERE site_id = $1 AND id = $2 AND changed_at = $3
