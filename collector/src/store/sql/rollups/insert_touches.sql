INSERT INTO rollup_touches (
    site_id, hour, bot, place, source, medium, campaign, channel, page_views, events, conversions, sessions, new_visitors, engaged,
    converted, visible_ms, lasted_ms, visitors
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
