UPDATE retention_rounds SET
    holder = NULL,
    held_until = 0,
    ended_at = $3
WHERE site_id = $1 AND holder = $2
