INSERT INTO person_links (site_id, one, other, origin, at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
