SELECT visitor_id, name, MIN(at)
FROM events
WHERE site_id = $1
  AND (visitor_id, id) > ($2, $3)
  AND (visitor_id, id) <= ($4, $5)
  AND kind = 'event'
  AND name IN ({list})
GROUP BY visitor_id, name
