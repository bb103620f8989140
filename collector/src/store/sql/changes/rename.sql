UPDATE changes SET ids = $4
WHERE site_id = $1 AND change = $2 AND part = $3
