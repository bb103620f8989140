SELECT proname::text, '', ''
FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'moving_')
