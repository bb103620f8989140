INSERT INTO first_events (site_id, visitor_id, name, first_at)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, name) DO UPDATE SET first_at = excluded.first_at
WHERE excluded.first_at < first_events.first_at
