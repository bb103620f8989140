SELECT CASE WHEN kind = 'consent' THEN props ->> 'state' ELSE consent END
FROM events
WHERE site_id = $1 AND visitor_id = $2 AND (consent IS NOT NULL OR kind = 'consent')
ORDER BY at DESC, id DESC
LIMIT 1
