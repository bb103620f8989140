SELECT visitor_id
FROM visitor_accounts
WHERE site_id = $1 AND account_id = $2
