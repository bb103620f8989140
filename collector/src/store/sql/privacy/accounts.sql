-- Accounts that nobody else told.
DELETE FROM accounts
WHERE site_id = $1
  AND account_id IN (
      SELECT own.account_id
      FROM visitor_accounts AS own
      WHERE own.site_id = $1 AND own.visitor_id IN {of visitor}
  )
  AND NOT EXISTS (
      SELECT 1
      FROM visitor_accounts AS other
      WHERE other.site_id = $1 AND other.account_id = accounts.account_id AND other.visitor_id NOT IN {of visitor}
  )
