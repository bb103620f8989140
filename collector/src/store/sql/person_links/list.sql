SELECT one, other, origin, at
FROM person_links
WHERE site_id = $1 AND one IN ({list})
UNION ALL
SELECT one, other, origin, at
FROM person_links
WHERE site_id = $1 AND other IN ({list})
