UPDATE segments
SET name = $3, filters = $4, changed_at = $5
WHERE site_id = $1 AND id = $2
  AND NOT EXISTS (SELECT 1 FROM segments AS s WHERE s.site_id = $1 AND s.name = $3 AND s.id <> $2)
