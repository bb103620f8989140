-- What events of a name tell of some visitors, from a moment on.
SELECT visitor_id, at, CAST(props AS TEXT) AS props
FROM events
WHERE site_id = $1 AND at >= $2 AND at <= $3 AND kind = 'event' AND name = $4 AND visitor_id IN ({list})
