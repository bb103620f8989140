-- Those of changes that the history does not have any more.
DELETE FROM alert_notices
WHERE site_id = $1 AND alert_id = $2 AND change_id NOT IN (
    SELECT id
    FROM alert_history
    WHERE site_id = $1 AND alert_id = $2
)
