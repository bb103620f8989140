-- Columns that make a row the only one of its table: of the primary key first, then of each unique index. An empty name is a
-- column that may be NULL, or an expression.
SELECT name, place, key_column
FROM (
    SELECT tables.name AS name, '' AS place, columns.name AS key_column, columns.pk AS number
    FROM sqlite_schema AS tables
    JOIN pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' AND columns.pk > 0
    UNION ALL
    SELECT tables.name, indexes.name, COALESCE(CASE WHEN columns."notnull" THEN columns.name END, ''), parts.seqno
    FROM sqlite_schema AS tables
    JOIN pragma_index_list(tables.name) AS indexes
    JOIN pragma_index_info(indexes.name) AS parts
    LEFT JOIN pragma_table_info(tables.name) AS columns ON columns.name = parts.name
    WHERE tables.type = 'table' AND indexes."unique" AND NOT indexes.partial AND indexes.origin <> 'pk'
) AS keys
ORDER BY name, place, number
