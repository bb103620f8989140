SELECT i.id, i.at, i.channel, i.kind, i.direction
FROM interactions AS i
WHERE i.site_id = $1
  {filters}
ORDER BY i.at DESC, i.id DESC
LIMIT $2
