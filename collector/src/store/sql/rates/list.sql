SELECT day, from_currency, to_currency, rate, loaded_at
FROM exchange_rates
WHERE site_id = $1
  AND (day, from_currency, to_currency) < ($2, $3, $4)
  {filters}
ORDER BY day DESC, from_currency DESC, to_currency DESC
LIMIT $5
