SELECT MIN(at)
FROM orders
WHERE site_id = $1
  {filters}
