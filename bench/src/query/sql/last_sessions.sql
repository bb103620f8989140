SELECT * FROM sessions WHERE NOT bot AND started_at < $to ORDER BY started_at DESC LIMIT 50
