SELECT visitor_id, account_id
FROM visitor_accounts
WHERE site_id = $1 AND visitor_id IN ({list})
