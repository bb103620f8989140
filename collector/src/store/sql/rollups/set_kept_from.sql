UPDATE rollups SET kept_from = $3
WHERE site_id = $1 AND kept_from = $2
