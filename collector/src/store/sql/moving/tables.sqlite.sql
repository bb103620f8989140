SELECT name, '', '' FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT IN ('_sqlx_migrations', 'moving', 'moving_keys', 'moving_tables')
ORDER BY name
