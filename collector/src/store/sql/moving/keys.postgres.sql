-- Columns that make a row the only one of its table: of the primary key first, then of each unique index. An empty name is a
-- column that may be NULL, or an expression.
SELECT tables.relname::text, indexes.relname::text, COALESCE(CASE WHEN columns.attnotnull THEN columns.attname END, '')::text
FROM pg_index
JOIN pg_class AS tables ON tables.oid = indrelid
JOIN pg_class AS indexes ON indexes.oid = indexrelid
CROSS JOIN LATERAL unnest(indkey::int2[]) WITH ORDINALITY AS parts (number, place)
LEFT JOIN pg_attribute AS columns ON columns.attrelid = indrelid AND columns.attnum = parts.number
WHERE tables.relnamespace = current_schema()::regnamespace AND indisunique AND indpred IS NULL AND parts.place <= indnkeyatts
ORDER BY tables.relname, NOT indisprimary, indexes.relname, parts.place
