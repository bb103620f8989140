INSERT INTO kept_totals (site_id, kind, name, day, items, last_at)
VALUES {rows}
ON CONFLICT (site_id, kind, name, day) DO UPDATE SET
    items = kept_totals.items + excluded.items,
    last_at = CASE WHEN excluded.last_at > kept_totals.last_at THEN excluded.last_at ELSE kept_totals.last_at END
