SELECT v.visitor_id
FROM visitors AS v
LEFT JOIN judged_visitors AS j ON j.site_id = v.site_id AND j.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND (j.revision IS NULL OR j.revision <> v.revision)
  AND v.visitor_id IN ({list})
