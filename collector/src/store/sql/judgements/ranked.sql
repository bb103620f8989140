-- People by {place}, the highest first.
SELECT {place}, person
FROM judged_persons
WHERE site_id = $1
  AND ({place}, person) < ($2, $3)
  {filters}
ORDER BY {place} DESC, person DESC
LIMIT $4
