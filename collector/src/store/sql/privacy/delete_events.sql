DELETE FROM events
WHERE site_id = $1 AND visitor_id IN {browsers} AND id IN {of item}
RETURNING kind, name, at
