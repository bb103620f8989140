-- The sessions of a visitor in the order in which they began: their last one, their next one, their list, without reading the others.
-- Where there are many sessions it takes a while, and what is to be stored in them waits: see docs/schema-changes.md.
CREATE INDEX IF NOT EXISTS sessions_of_visitor ON sessions (site_id, visitor_id, started_at, session_id);
