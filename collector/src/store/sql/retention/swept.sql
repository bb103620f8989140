UPDATE retention SET
    swept_to = $3
WHERE site_id = $1 AND name = $2 AND swept_to < $3
