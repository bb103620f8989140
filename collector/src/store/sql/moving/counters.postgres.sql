-- The last id that the database gave out by itself, of each table that has such.
SELECT tables.relname::text, sequences.last_value::text, ''
FROM pg_sequences AS sequences
JOIN pg_class AS own ON own.relname = sequences.sequencename AND own.relnamespace = current_schema()::regnamespace
JOIN pg_depend ON pg_depend.objid = own.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
JOIN pg_class AS tables ON tables.oid = refobjid
JOIN pg_attribute AS columns ON columns.attrelid = refobjid AND columns.attnum = refobjsubid
WHERE sequences.schemaname = current_schema() AND sequences.last_value IS NOT NULL AND columns.attname = 'id'
  AND tables.relname NOT LIKE 'moving%'
