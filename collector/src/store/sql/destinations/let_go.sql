UPDATE destinations
SET let_go = let_go + $3
WHERE site_id = $1 AND id = $2
