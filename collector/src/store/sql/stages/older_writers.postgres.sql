-- Transactions that may have taken the definitions of before $1: those that have written, and those of which the first
-- statement, which is the one that reads the generation, is running. A time of NULL asks for the present one.
SELECT COUNT(*), COALESCE($1, clock_timestamp()::text)
FROM pg_stat_activity
WHERE datname = current_database()
  AND backend_type = 'client backend'
  AND pid <> pg_backend_pid()
  AND (backend_xid IS NOT NULL AND xact_start <= COALESCE($1::timestamptz, clock_timestamp())
       OR state = 'active' AND query LIKE 'INSERT INTO events%'
       AND query_start <= COALESCE($1::timestamptz, clock_timestamp()))
