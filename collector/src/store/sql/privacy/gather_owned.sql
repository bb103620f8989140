-- Of browsers that others used too, the items that are theirs.
INSERT INTO erasing_ids (site_id, kind, old, fresh)
SELECT $1, 'item', owned.id, {random}
FROM ({owned}) AS owned
WHERE owned.owner{c} IN {texts user}
ON CONFLICT DO NOTHING
