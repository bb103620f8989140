SELECT visitor_id
FROM (
    SELECT visitor_id
    FROM visitors
    WHERE site_id = $1 AND visitor_id > $2
    ORDER BY visitor_id
    LIMIT $3
) AS next
ORDER BY visitor_id DESC
LIMIT 1
