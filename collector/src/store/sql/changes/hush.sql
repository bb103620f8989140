-- What names somebody in another way than as a visitor: whoever keeps a copy reads it all again.
UPDATE changes SET kind = 'whole', ids = NULL, link = NULL
WHERE site_id = $1 AND kind IN ('links', 'interactions', 'emails')
