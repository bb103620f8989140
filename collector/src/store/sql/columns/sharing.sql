-- The users of browsers that several used.
SELECT visitor_id, user_id
FROM visitor_users AS v
WHERE {whose} AND v.shared
