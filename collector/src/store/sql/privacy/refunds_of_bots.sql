-- Before the visitor goes who says it.
UPDATE refunds SET
    of_bot = EXISTS (
        SELECT 1
        FROM visitors AS v
        WHERE v.site_id = refunds.site_id AND v.visitor_id = refunds.visitor_id
          AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)
    )
WHERE site_id = $1 AND visitor_id IN {of visitor}
