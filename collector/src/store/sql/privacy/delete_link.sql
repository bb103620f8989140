DELETE FROM person_links
WHERE site_id = $1 AND one = $2 AND other = $3 AND origin = $4
