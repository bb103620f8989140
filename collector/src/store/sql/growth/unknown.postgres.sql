-- Tables that every transaction of items writes, and months of them, that are more than four times as large as when the server last looked
-- through them. To ask for the size of another one might be to wait for whoever has locked it.
SELECT format('%I.%I', nspname, relname)
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r'
  AND (
      nspname = current_schema() AND relname IN ('events', 'sessions', 'visitors')
      OR nspname = current_schema() || '_months' AND relname LIKE 'events\_%'
  )
  AND pg_relation_size(pg_class.oid) / current_setting('block_size')::bigint > 4 * GREATEST(relpages, 0) + 2
