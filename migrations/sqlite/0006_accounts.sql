-- The account that a visitor belongs to, of the latest item that told one.

ALTER TABLE visitors ADD COLUMN account_id TEXT;
ALTER TABLE visitors ADD COLUMN account_at BIGINT;
ALTER TABLE visitors ADD COLUMN account_item BLOB;
