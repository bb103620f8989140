-- The tables behind the wall whose policies do not hold for who asks.
SELECT relname::text
FROM pg_policy
JOIN pg_class ON pg_class.oid = polrelid
WHERE polname = 'wall' AND relnamespace = current_schema()::regnamespace AND NOT row_security_active(pg_class.oid)
ORDER BY relname
