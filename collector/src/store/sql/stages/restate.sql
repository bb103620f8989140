INSERT INTO stage_restatements (site_id, version, names, after_visitor, after_item, items)
VALUES ($1, $2, $3, $4, $4, 0)
ON CONFLICT (site_id) DO UPDATE SET
    version = excluded.version,
    names = excluded.names,
    after_visitor = excluded.after_visitor,
    after_item = excluded.after_item,
    items = excluded.items
