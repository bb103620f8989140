INSERT INTO visitor_users (site_id, visitor_id, user_id, last_at)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, user_id) DO UPDATE SET last_at = excluded.last_at
WHERE excluded.last_at > visitor_users.last_at
-- A row version that no transaction has replaced has been inserted just now.
RETURNING site_id, visitor_id, xmax = 0 AS created
