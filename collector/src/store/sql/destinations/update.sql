UPDATE destinations
SET name = $4, url = $5, measurement_id = $6, wants = $7, paused = $8, changed_at = $9, hold_until = 0
WHERE site_id = $1 AND id = $2 AND changed_at = $3
