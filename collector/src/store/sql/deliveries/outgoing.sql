SELECT events.kind, events.at, events.received_at, events.session_id, events.page_view_id, events.name, events.url,
    events.title, CAST(events.props AS TEXT) AS props, events.conversion, events.value, events.currency, events.user_id,
    events.consent, visitors.name AS visitor_name, visitors.device_type, visitors.bot_decision,
    visitors.ga_client_id AS visitor_ga_client_id, visitors.ga_session_id AS visitor_ga_session_id,
    sessions.ga_client_id AS session_ga_client_id, sessions.ga_session_id AS session_ga_session_id
FROM events
LEFT JOIN visitors ON visitors.site_id = events.site_id AND visitors.visitor_id = events.visitor_id
LEFT JOIN sessions ON sessions.site_id = events.site_id AND sessions.visitor_id = events.visitor_id
    AND sessions.session_id = events.session_id
WHERE events.site_id = $1 AND events.visitor_id = $2 AND events.id = $3
