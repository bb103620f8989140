-- Of hours that nothing has changed since they were counted.
SELECT
    hour, bot, page_views, events, conversions, sessions, new_visitors, engaged, converted, visible_ms, lasted_ms, visitors
FROM rollup_hours AS r
WHERE site_id = $1 AND hour >= $2 AND hour < $3
  AND NOT EXISTS (SELECT 1 FROM rollup_marks AS m WHERE m.site_id = r.site_id AND m.hour = r.hour)
