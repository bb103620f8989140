INSERT INTO erasing_texts (site_id, kind, old, fresh)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
