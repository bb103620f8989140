SELECT began_at, ended_at, events, sessions, visitors, interactions
FROM retention_rounds
WHERE site_id = $1
