-- Everything after the newest $2.
DELETE FROM rejected
WHERE site_id = $1 AND (received_at, id) <= (
    SELECT received_at, id
    FROM rejected
    WHERE site_id = $1
    ORDER BY received_at DESC, id DESC
    LIMIT 1 OFFSET $2
)
