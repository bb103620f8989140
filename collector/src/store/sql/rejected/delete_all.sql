DELETE FROM rejected
WHERE site_id = $1 {filters}
