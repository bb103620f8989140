INSERT INTO deliveries (
    site_id, destination_id, id, visitor_id, item_id, milestone, created_at, state, due_at, attempts
)
VALUES {rows}
ON CONFLICT (site_id, destination_id, id) DO NOTHING
