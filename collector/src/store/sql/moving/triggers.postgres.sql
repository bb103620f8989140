SELECT tgname::text, relname::text, ''
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal AND starts_with(tgname, 'moving_')
