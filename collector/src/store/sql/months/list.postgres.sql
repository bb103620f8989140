-- The partitions of a partitioned table that are months, in the order of time; no row of a table that is none.
SELECT months.relname::text
FROM pg_inherits
JOIN pg_class AS months ON months.oid = inhrelid
JOIN pg_class AS by_month ON by_month.oid = inhparent
WHERE by_month.relname = $1 || '_months' AND by_month.relnamespace = (
    SELECT oid
    FROM pg_namespace
    WHERE nspname = current_schema() || '_months'
) AND months.relname <> $1 || '_beyond'
ORDER BY months.relname
