SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT)
FROM visitors
WHERE site_id = $1
  AND last_at >= $2
  AND last_at < $3
  {filters}
