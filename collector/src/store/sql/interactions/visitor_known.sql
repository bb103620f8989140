EXISTS (
    SELECT 1
    FROM visitors AS v
    WHERE v.site_id = {t}.site_id AND v.visitor_id = {t}.visitor_id
)
