SELECT i.channel, COUNT(*), COUNT(CASE WHEN NOT {i.matched} THEN 1 END), MAX(i.at)
FROM interactions AS i
WHERE i.site_id = $1
  {filters}
GROUP BY i.channel
ORDER BY i.channel
