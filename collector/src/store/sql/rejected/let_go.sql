INSERT INTO rejected_let_go (site_id, items)
VALUES {rows}
ON CONFLICT (site_id) DO UPDATE SET items = rejected_let_go.items + excluded.items
