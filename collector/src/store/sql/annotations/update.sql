UPDATE annotations
SET day = $3, at = $4, note = $5, changed_at = $6
WHERE site_id = $1 AND id = $2
