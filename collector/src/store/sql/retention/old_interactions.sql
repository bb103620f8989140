SELECT i.id, i.at, i.channel, {i.matched} AS matched
FROM interactions AS i
WHERE i.site_id = $1 AND i.{second} <= $2 / 1000 AND i.at < $2
LIMIT $3
