UPDATE destinations
SET paused = 'gone', changed_at = $3
WHERE site_id = $1 AND id = $2 AND paused IS NULL
