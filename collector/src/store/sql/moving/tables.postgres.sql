SELECT table_name::text, '', ''
FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
  AND table_name NOT IN ('_sqlx_migrations', 'moving', 'moving_keys', 'moving_tables')
ORDER BY table_name
