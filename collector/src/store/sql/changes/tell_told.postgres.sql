INSERT INTO changes (site_id, kind, ids)
SELECT site_id, 'visitors', string_agg(uuid_send(visitor_id), '')
FROM told
GROUP BY site_id
