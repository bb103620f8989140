-- Each item of some visitors with the user it belongs to: the one it names, else the one named last before it, else
-- the one named first. A run begins with each item that names a user, and what comes before is run 0. Where no item names
-- anybody any more because those that did were too old, it is whoever they named last.
SELECT
    visitor_id, id, at, kind, name, session_id, place = 1 AS opens,
    COALESCE(
        MAX(user_id) OVER (PARTITION BY visitor_id, run),
        MAX(CASE WHEN run = 1 THEN user_id END) OVER (PARTITION BY visitor_id),
        (
            SELECT named.user_id
            FROM visitor_users AS named
            WHERE named.site_id = $1 AND named.visitor_id = told.visitor_id
            ORDER BY named.last_at DESC, named.user_id
            LIMIT 1
        )
    ) AS owner
FROM (
    SELECT
        visitor_id, id, at, kind, name, session_id, user_id,
        COUNT(user_id) OVER (PARTITION BY visitor_id ORDER BY at, id) AS run,
        ROW_NUMBER() OVER (PARTITION BY visitor_id ORDER BY at, id) AS place
    FROM events
    WHERE site_id = $1 AND visitor_id IN ({list})
) AS told
