-- The inner order has SQLite take the index that both bounds are of; the limit, which is none, has it keep that order.
SELECT visitor_id, name, MIN(at)
FROM (
    SELECT visitor_id, id, kind, name, at
    FROM events
    WHERE site_id = $1 AND (visitor_id, id) > ($2, $3) AND (visitor_id, id) <= ($4, $5)
    ORDER BY visitor_id, id
    LIMIT 9223372036854775807
) AS slice
WHERE kind = 'event' AND name IN ({list})
GROUP BY visitor_id, name
