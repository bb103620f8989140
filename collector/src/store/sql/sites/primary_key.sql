SELECT name
FROM pragma_table_info($1)
WHERE pk > 0
ORDER BY pk
