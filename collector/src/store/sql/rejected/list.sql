SELECT id, received_at, reason, field, sdk, payload, state, context, sent_at, sender
FROM rejected
WHERE site_id = $1
  AND (received_at, id) < ($2, $3)
  {filters}
ORDER BY received_at DESC, id DESC
LIMIT $4
