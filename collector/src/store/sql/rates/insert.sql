INSERT INTO exchange_rates (site_id, to_currency, from_currency, day, rate, loaded_at)
VALUES {rows}
ON CONFLICT (site_id, to_currency, from_currency, day) DO NOTHING
