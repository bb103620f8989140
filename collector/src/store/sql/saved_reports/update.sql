UPDATE saved_reports
SET name = $3, path = $4, parameters = $5, changed_at = $6
WHERE site_id = $1 AND id = $2
