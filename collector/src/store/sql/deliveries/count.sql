SELECT destination_id, state, COUNT(*)
FROM deliveries
WHERE $1 IS NULL OR site_id = $1
GROUP BY site_id, destination_id, state
