SELECT id, received_at, reason, field, sdk, payload, state, context, sent_at, sender
FROM rejected
WHERE site_id = $1 AND id = $2
