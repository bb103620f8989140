INSERT INTO consents (site_id, visitor_id, item_id, at, state, version)
VALUES {rows}
ON CONFLICT DO NOTHING
