SELECT site_id, id, at, actor, action, subject, CAST(detail AS TEXT) AS detail
FROM audit
WHERE site_id = $1
  AND (at, id) < ($2, $3)
ORDER BY at DESC, id DESC
LIMIT $4
