SELECT received_at
FROM rejected
WHERE site_id = $1 AND received_at >= $2
