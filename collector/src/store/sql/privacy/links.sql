SELECT one, other, origin, at
FROM person_links
WHERE site_id = $1 AND (one IN {texts link} OR other IN {texts link})
