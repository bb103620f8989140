SELECT COUNT(*), COALESCE(MIN(at), 0)
FROM events
WHERE site_id = $1 AND {second} >= $2 / 1000 AND {second} <= $3 / 1000 AND at >= $2 AND at < $3
  {filters}
