-- Whether the database has been moved.
SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'moving_events_refuse_INSERT')
