SELECT site_id, id
FROM events
WHERE (site_id, id) IN (VALUES {rows})
