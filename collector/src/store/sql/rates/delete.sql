DELETE FROM exchange_rates
WHERE site_id = $1 AND from_currency = $2 AND to_currency = $3 AND day >= $4 AND day <= $5
