INSERT INTO events (
    site_id, id, kind, at, received_at, visitor_id, session_id, tab_id, seq, page_view_id, name, url, title, referrer,
    props, conversion, value, currency, user_id, consent
)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, id) DO NOTHING
RETURNING site_id, visitor_id, id, (
    SELECT MAX(latest.generation)
    FROM (
        SELECT MAX(generation) AS generation
        FROM stage_definitions
        UNION ALL
        SELECT MAX(generation)
        FROM erased_ids
        UNION ALL
        SELECT MAX(generation)
        FROM retention
    ) AS latest
)
