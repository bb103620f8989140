INSERT INTO milestones (site_id, visitor_id, name, first_at)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, name) DO UPDATE SET first_at = excluded.first_at
WHERE excluded.first_at < milestones.first_at
