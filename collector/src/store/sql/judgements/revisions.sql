SELECT v.visitor_id, v.revision, j.keeping
FROM visitors AS v
LEFT JOIN judged_visitors AS j ON j.site_id = v.site_id AND j.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.visitor_id IN ({list})
