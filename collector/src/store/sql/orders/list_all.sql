SELECT at, amount, currency
FROM orders
WHERE site_id = $1
  {filters}
