SELECT v.visitor_id, v.session_id, v.at, v.id, v.kind, v.name, v.url, v.conversion, p.visible_ms, p.scroll_max, {props}
FROM events AS v
LEFT JOIN page_views AS p ON v.kind = 'page_view' AND p.site_id = v.site_id AND p.id = v.id
WHERE {whose}
