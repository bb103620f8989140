SELECT from_currency, day, rate
FROM exchange_rates
WHERE site_id = $1 AND to_currency = $2 AND from_currency IN ({list})
