-- Page pings have no row and may have been the first or the last of all. Visitor by visitor, so that it takes no longer where
-- the database knows nothing yet of how many rows there are.
SELECT visitor_id, stored, counted
FROM (
    SELECT v.visitor_id, v.{column} AS stored, (
        SELECT {extreme}(e.at)
        FROM events AS e
        WHERE e.site_id = v.site_id AND e.visitor_id = v.visitor_id AND EXISTS (
            SELECT 1
            FROM sessions AS s
            WHERE s.site_id = e.site_id AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
        )
    ) AS counted
    FROM visitors AS v
    WHERE v.site_id = $1 AND v.visitor_id > $2 AND v.visitor_id <= $3
) AS times
WHERE stored {beyond} counted AND $4 = $4
