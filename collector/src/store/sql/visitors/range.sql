SELECT visitor_id, COALESCE(bot_decision, device_type = 'bot', FALSE) AS bot
FROM visitors
WHERE site_id = $1 AND visitor_id > $2
ORDER BY visitor_id
LIMIT $3
