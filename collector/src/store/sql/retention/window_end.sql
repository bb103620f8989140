-- The second of the item that many items on.
SELECT {second}
FROM events
WHERE site_id = $1 AND {second} >= $2 / 1000 AND {second} <= $3 / 1000
ORDER BY {second}
LIMIT 1 OFFSET $4
