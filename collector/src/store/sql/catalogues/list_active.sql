SELECT site_id, revision
FROM catalogues
WHERE mode <> 'off'
