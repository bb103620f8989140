INSERT INTO person_links (site_id, one, other, origin)
VALUES {rows}
ON CONFLICT (site_id, one, other, origin) DO NOTHING
