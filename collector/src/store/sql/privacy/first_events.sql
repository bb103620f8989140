UPDATE first_events SET
    visitor_id = {visitor first_events.visitor_id}
