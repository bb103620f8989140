DELETE FROM catalogue_findings
WHERE site_id = $1 AND ($2 IS NULL OR name = $2)
