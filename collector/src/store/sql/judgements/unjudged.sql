-- The next visitors, and whether their people have to be judged.
SELECT v.visitor_id,
       CASE WHEN j.revision = v.revision AND j.basis = $4 THEN 0 ELSE 1 END AS due
FROM visitors AS v
LEFT JOIN judged_visitors AS j ON j.site_id = v.site_id AND j.visitor_id = v.visitor_id
WHERE v.site_id = $1 AND v.visitor_id > $2
ORDER BY v.visitor_id
LIMIT $3
