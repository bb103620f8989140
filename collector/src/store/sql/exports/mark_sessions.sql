-- Whatever is added to a session makes it longer, or its counts greater.
SELECT COUNT(*), CAST(COALESCE(SUM(last_at - started_at + page_views + events), 0) AS BIGINT)
FROM sessions
WHERE site_id = $1
  AND started_at >= $2
  AND started_at < $3
  {filters}
