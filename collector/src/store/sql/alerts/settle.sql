-- Once for each window, and not after a change of the rule or by who holds it no more.
UPDATE alerts
SET looked_until = $6, looked = $7, state = $8, since = $9
WHERE site_id = $1 AND id = $2 AND holder = $3 AND changed_at = $4 AND NOT paused
  AND looked_until IS NOT DISTINCT FROM $5
