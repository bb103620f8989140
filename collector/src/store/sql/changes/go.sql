-- Stands for itself and those before it from now on.
UPDATE changes SET kind = 'gone', ids = NULL, link = NULL
WHERE site_id = $1 AND change = $2 AND part = $3 AND kind <> 'gone'
