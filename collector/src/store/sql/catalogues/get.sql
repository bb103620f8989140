SELECT mode, document, revision, changed_at
FROM catalogues
WHERE site_id = $1
