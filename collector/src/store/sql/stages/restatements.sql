SELECT site_id, version, names, after_visitor, after_item, items
FROM stage_restatements
ORDER BY site_id
