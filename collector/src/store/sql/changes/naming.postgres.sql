SELECT change, part, ids
FROM changes
WHERE site_id = $1 AND kind = 'visitors' AND POSITION($2 IN ids) > 0
