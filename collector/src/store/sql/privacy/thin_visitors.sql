-- Of browsers that others used too, some items go.
UPDATE visitors SET
    thinned = TRUE
WHERE site_id = $1 AND visitor_id IN {of shared}
