SELECT COUNT(*), CAST(COALESCE(SUM(total_sessions), 0) AS BIGINT)
FROM visitors
WHERE site_id = $1 AND last_at < $2
  AND NOT EXISTS (
      SELECT 1
      FROM events AS e
      WHERE e.site_id = visitors.site_id AND e.visitor_id = visitors.visitor_id
        {filters}
  )
