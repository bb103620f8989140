-- Not seen any more, and nothing of theirs is kept by a limit of its own.
SELECT visitor_id, last_at, total_sessions, COALESCE(bot_decision, device_type = 'bot', FALSE) AS bot
FROM visitors
WHERE site_id = $1 AND last_at < $2 AND (last_at, visitor_id) > ($3, $4)
  AND NOT EXISTS (
      SELECT 1
      FROM events AS e
      WHERE e.site_id = visitors.site_id AND e.visitor_id = visitors.visitor_id
  )
ORDER BY last_at, visitor_id
LIMIT $5
