INSERT INTO person_links (site_id, one, other, origin, at)
VALUES ($1, $2, $3, 'owner', $4)
ON CONFLICT (site_id, one, other, origin) DO NOTHING
