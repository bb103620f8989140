-- Browsers that others used too than who is being erased: what they have changes.
INSERT INTO changes (site_id, kind, ids)
SELECT $1, 'visitors', uuid_send(id)
FROM (
    SELECT old AS id
    FROM erasing_ids
    WHERE site_id = $1 AND kind = 'shared'
    UNION
    SELECT fresh
    FROM erasing_ids
    WHERE site_id = $1 AND kind = 'shared'
) AS shared
