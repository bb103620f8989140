DELETE FROM saved_reports
WHERE site_id = $1 AND id = $2
