-- Visitors that one user or nobody was known by. Of others, visitor_users/list_shared.sql.
SELECT v.last_at, v.visitor_id, u.user_id
FROM visitors AS v
LEFT JOIN visitor_users AS u ON u.site_id = v.site_id AND u.visitor_id = v.visitor_id
WHERE v.site_id = $1
  AND (v.last_at, v.visitor_id) < ($2, $3)
  AND (u.shared IS NULL OR NOT u.shared)
  {filters}
ORDER BY v.last_at DESC, v.visitor_id DESC
LIMIT $4
