SELECT k.person, k.rule, k.version, k.found_at, k.ended_at, k.kind, k.detail, j.judged_at
FROM kept_insights AS k
LEFT JOIN judged_persons AS j ON j.site_id = k.site_id AND j.person = k.person
WHERE k.site_id = $1
  AND (k.found_at, k.version, k.rule, k.person) < ($2, $3, $4, $5)
  {filters}
ORDER BY k.found_at DESC, k.version DESC, k.rule DESC, k.person DESC
LIMIT $6
