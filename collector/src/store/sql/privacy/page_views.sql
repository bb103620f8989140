UPDATE page_views SET
    id = {item page_views.id}
