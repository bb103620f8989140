INSERT INTO rejected (
    site_id, id, received_at, reason, field, sdk, payload, state, context, sent_at, sender
)
VALUES {rows}
ON CONFLICT (site_id, id) DO NOTHING
RETURNING site_id, id
