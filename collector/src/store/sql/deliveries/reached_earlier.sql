SELECT COUNT(*)
FROM (
    SELECT id
    FROM events
    WHERE site_id = $1 AND visitor_id = $2
      AND (kind = 'milestone' AND name = $3 OR kind = 'event' AND name = $4)
      AND received_at < $5
    LIMIT 1
) AS earlier
