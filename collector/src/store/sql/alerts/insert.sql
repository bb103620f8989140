INSERT INTO alerts (
    site_id, id, name, rule, channels, paused, state, since, created_at, created_by, changed_at
)
VALUES ($1, $2, $3, $4, $5, $6, 'unknown', $7, $7, $8, $7)
