INSERT INTO page_views (site_id, id, visible_ms, scroll_max)
VALUES {rows}
ON CONFLICT (site_id, id) DO UPDATE SET
    visible_ms = CASE WHEN excluded.visible_ms > page_views.visible_ms
                      THEN excluded.visible_ms ELSE page_views.visible_ms END,
    scroll_max = CASE WHEN excluded.scroll_max > page_views.scroll_max
                      THEN excluded.scroll_max ELSE page_views.scroll_max END
WHERE excluded.visible_ms > page_views.visible_ms OR excluded.scroll_max > page_views.scroll_max
