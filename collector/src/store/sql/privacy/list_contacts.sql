SELECT i.at, i.channel, {i.matched} AS matched
FROM interactions AS i
WHERE i.site_id = $1 AND i.id IN {of contact}
