SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('events') AND relkind = 'p')
