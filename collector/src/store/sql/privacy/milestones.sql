UPDATE milestones SET
    visitor_id = {visitor milestones.visitor_id}
