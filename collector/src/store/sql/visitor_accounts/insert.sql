INSERT INTO visitor_accounts (site_id, visitor_id, account_id)
VALUES {rows}
ON CONFLICT (site_id, visitor_id, account_id) DO NOTHING
