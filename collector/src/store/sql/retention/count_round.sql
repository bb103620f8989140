-- Nothing where somebody else has taken it over.
UPDATE retention_rounds SET
    held_until = $3,
    events = events + $4,
    sessions = sessions + $5,
    visitors = visitors + $6,
    interactions = interactions + $7
WHERE site_id = $1 AND holder = $2
