-- What may be in any month is looked for in all, and to the planner that costs so much that it would start workers for a
-- question of a millisecond. Questions of seconds still have them.
SELECT set_config('parallel_setup_cost', '10000', false)
FROM pg_class
WHERE oid = to_regclass('events') AND relkind = 'p'
