-- Before the visitor goes who says it.
UPDATE orders SET
    of_bot = EXISTS (
        SELECT 1
        FROM visitors AS v
        WHERE v.site_id = orders.site_id AND v.visitor_id = orders.visitor_id
          AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)
    )
WHERE site_id = $1 AND visitor_id IN {of visitor}
