SELECT items
FROM rejected_let_go
WHERE site_id = $1
