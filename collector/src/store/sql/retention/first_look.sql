INSERT INTO retention_rounds (site_id, holder, held_until, began_at, ended_at, events, sessions, visitors, interactions)
VALUES ($1, NULL, 0, $2, $2, 0, 0, 0, 0)
ON CONFLICT (site_id) DO NOTHING
