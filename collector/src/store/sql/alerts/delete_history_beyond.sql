DELETE FROM alert_history
WHERE site_id = $1 AND alert_id = $2 AND (at, id) <= (
    SELECT at, id
    FROM alert_history
    WHERE site_id = $1 AND alert_id = $2
    ORDER BY at DESC, id DESC
    LIMIT 1 OFFSET $3
)
