-- Whether the planner knows what a partitioned table has in all, from this week: nobody else finds that out.
SELECT COALESCE(MAX(GREATEST(last_analyze, last_autoanalyze)) > now() - INTERVAL '7 days', FALSE)
FROM pg_stat_all_tables
WHERE relid = to_regclass($1)
