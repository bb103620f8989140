-- An item is its visitor's. With the visitor in the key, the items of a batch, which a browser gathered over seconds,
-- stand beside each other in every index but one, and in that one they stand at its end. With the id or the time alone
-- each of them had a page to itself, and pages are what a transaction costs.
ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (site_id, visitor_id, id);
DROP INDEX events_by_time;
DROP INDEX events_by_visitor;
DROP INDEX events_by_session;
CREATE INDEX events_by_visitor ON events (site_id, visitor_id, at);
CREATE INDEX events_by_session ON events (site_id, session_id, at);
-- Within a second, in the order of arrival.
CREATE INDEX events_by_second ON events (site_id, (at / 1000));
