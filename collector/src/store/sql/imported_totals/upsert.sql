INSERT INTO imported_totals (
    site_id, source, dimension, day, id, labels, visitors, visits, page_views, bounces, seconds, events
)
VALUES {rows}
ON CONFLICT (site_id, source, dimension, day, id) DO UPDATE SET
    visitors = excluded.visitors,
    visits = excluded.visits,
    page_views = excluded.page_views,
    bounces = excluded.bounces,
    seconds = excluded.seconds,
    events = excluded.events
