-- Whoever holds it longer than it is held for is gone, and somebody else goes on.
INSERT INTO retention_rounds (site_id, holder, held_until, began_at, ended_at, events, sessions, visitors, interactions)
VALUES ($1, $2, $4, $3, NULL, 0, 0, 0, 0)
ON CONFLICT (site_id) DO UPDATE SET
    holder = excluded.holder,
    held_until = excluded.held_until,
    began_at = CASE WHEN retention_rounds.ended_at IS NULL THEN retention_rounds.began_at ELSE excluded.began_at END,
    events = CASE WHEN retention_rounds.ended_at IS NULL THEN retention_rounds.events ELSE 0 END,
    sessions = CASE WHEN retention_rounds.ended_at IS NULL THEN retention_rounds.sessions ELSE 0 END,
    visitors = CASE WHEN retention_rounds.ended_at IS NULL THEN retention_rounds.visitors ELSE 0 END,
    interactions = CASE WHEN retention_rounds.ended_at IS NULL THEN retention_rounds.interactions ELSE 0 END,
    ended_at = NULL
WHERE (retention_rounds.holder IS NULL OR retention_rounds.held_until < $3 OR retention_rounds.holder = $2)
  AND (retention_rounds.ended_at IS NULL OR retention_rounds.ended_at <= $5)
