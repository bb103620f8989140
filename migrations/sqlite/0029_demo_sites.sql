-- A site of which everything is made up: it takes nothing in, and can be removed.
ALTER TABLE sites ADD COLUMN is_demo BOOLEAN NOT NULL DEFAULT FALSE;
