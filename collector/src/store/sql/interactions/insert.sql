INSERT INTO interactions (
    site_id, id, at, received_at, channel, kind, direction, user_id, visitor_id, email_hash, source, campaign, subject,
    labels, duration_s, props
)
VALUES {rows}
ON CONFLICT (site_id, id) DO NOTHING
RETURNING site_id, id
