SELECT id, subject, CAST(detail AS TEXT) AS detail
FROM audit
WHERE site_id = $1 AND action LIKE 'persons.%'
