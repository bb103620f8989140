DELETE FROM events
WHERE site_id = $1 AND (visitor_id, id) IN (
    SELECT visitor_id, id
    FROM events
    WHERE site_id = $1 AND {second} >= $2 / 1000 AND {second} <= $3 / 1000 AND at >= $2 AND at < $3
      {filters}
    LIMIT $4
)
RETURNING visitor_id, session_id, id, kind, name, at
