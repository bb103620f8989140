SELECT
    account_id, first_at, last_at, name, domain, CAST(traits AS TEXT) AS traits,
    (SELECT COUNT(*) FROM visitor_accounts AS own
     WHERE own.site_id = accounts.site_id AND own.account_id = accounts.account_id) AS visitors
FROM accounts
WHERE site_id = $1 AND account_id = $2
