SELECT
    v.order_key, v.at, v.amount, v.currency, s.touched, s.source, s.medium, s.campaign, s.channel,
    COALESCE(w.bot_decision, w.device_type = 'bot', FALSE) AS bot
FROM orders AS v
JOIN sessions AS s ON s.site_id = v.site_id AND s.visitor_id = v.visitor_id AND s.session_id = v.session_id
JOIN visitors AS w ON w.site_id = v.site_id AND w.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.at >= $2 AND v.at < $3 AND s.started_at >= $4 AND s.started_at < $5 AND s.last_at >= $6
