-- Tables, and months of them, that are more than twice as large as when the server last looked through them.
SELECT format('%I.%I', nspname, relname)
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r'
  AND nspname IN (current_schema(), current_schema() || '_months')
  AND pg_relation_size(pg_class.oid) / current_setting('block_size')::bigint > 2 * GREATEST(relpages, 0) + 2
