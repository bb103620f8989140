INSERT INTO visitor_users (site_id, visitor_id, user_id, last_at)
VALUES (?1, ?2, ?3, ?4)
