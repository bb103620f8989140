-- What became of items beside being stored: which numbers of a tab arrived, and which items were dropped.

-- Items count from 1 without gaps within a tab. A row stands for 63 numbers of one tab, from block × 63 + 1 on, and a
-- bit of `bits` for each one that arrived, the lowest for the first. Bits are only ever added, so repetition and order
-- of arrival change nothing.
CREATE TABLE tab_sequences (
    site_id  BIGINT NOT NULL,
    tab_id   UUID   NOT NULL,
    block    BIGINT NOT NULL,
    -- The earliest time of an item among them; NULL while only page pings without a time of their own are known.
    first_at BIGINT,
    bits     BIGINT NOT NULL,
    PRIMARY KEY (site_id, tab_id, block)
);
CREATE INDEX tab_sequences_by_time ON tab_sequences (site_id, first_at);

-- The inbox of items that were dropped. Bounded: the oldest go first. An item that is sent again stays one row.
CREATE TABLE rejected (
    site_id     BIGINT NOT NULL,
    -- The item's own id where it could be read, else one that the collector made.
    id          UUID   NOT NULL,
    received_at BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    field       TEXT,
    -- Name and version of the sender.
    sdk         TEXT,
    -- The item's JSON as it was sent, or with secrets masked, or cut; the state says which.
    payload     TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    -- What it takes to read the item again: the batch's context, the sender's clock, and what was known of the sender
    -- beside the batch, as JSON. NULL where the item is not whole any more.
    context     TEXT,
    sent_at     BIGINT,
    sender      TEXT,
    PRIMARY KEY (site_id, id)
);
CREATE INDEX rejected_by_time ON rejected (site_id, received_at, id);

-- How many rows of a site's inbox were let go, or never got there, because there were too many.
CREATE TABLE rejected_let_go (
    site_id BIGINT PRIMARY KEY,
    items   BIGINT NOT NULL
);
