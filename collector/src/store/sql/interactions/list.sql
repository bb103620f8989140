-- Whose they are is asked of the rows of the page alone.
SELECT
    own.id, own.at, own.received_at, own.channel, own.kind, own.direction, own.user_id, own.visitor_id, own.email_hash,
    own.source, own.campaign, own.subject, own.labels, own.duration_s, CAST(own.props AS TEXT) AS props,
    {own.user_known} AS user_known,
    {own.visitor_known} AS visitor_known,
    {own.visitor_user} AS visitor_user,
    {own.email_user} AS email_user
FROM (
    SELECT *
    FROM interactions AS i
    WHERE i.site_id = $1
      AND (i.at, i.id) < ($2, $3)
      {second}
      {filters}
    ORDER BY {order}i.at DESC, i.id DESC
    LIMIT $4
) AS own
ORDER BY own.at DESC, own.id DESC
