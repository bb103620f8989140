SELECT place, name, was
FROM pending_rows
WHERE site_id = $1 AND erasure_id = $2 AND place > $3
ORDER BY place
LIMIT $4
