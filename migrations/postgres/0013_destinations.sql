-- Where items of a site are sent on to, and what is still to be sent.

CREATE TABLE destinations (
    site_id         BIGINT  NOT NULL,
    id              UUID    NOT NULL,
    -- 'webhook' or 'ga4'.
    kind            TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    -- The receiver; of 'ga4' the server, without a path.
    url             TEXT    NOT NULL,
    measurement_id  TEXT,
    -- What it gets, the JSON text of an object.
    wants           TEXT    NOT NULL,
    -- Why it gets nothing at present: 'owner' or 'gone'; NULL while it is on.
    paused          TEXT,
    -- Not to be tried before: the receiver said so.
    hold_until      BIGINT  NOT NULL DEFAULT 0,
    -- Deliveries that were let go because there were too many.
    let_go          BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    changed_at      BIGINT  NOT NULL,
    PRIMARY KEY (site_id, id)
);

-- What signs, or is shown to the receiver. Apart from the destinations, because a backup has everything but these rows.
CREATE TABLE destination_secrets (
    site_id        BIGINT NOT NULL,
    destination_id UUID   NOT NULL,
    id             UUID   NOT NULL,
    secret         TEXT   NOT NULL,
    -- Set when another one takes its place: it signs beside that until then.
    expires_at     BIGINT,
    PRIMARY KEY (site_id, destination_id, id)
);

-- One row for what one destination is to get, written in the transaction that stores the item. The item itself is read when
-- it is sent: what is gone by then is not sent.
CREATE TABLE deliveries (
    site_id        BIGINT NOT NULL,
    destination_id UUID   NOT NULL,
    -- Follows from the destination and the item, or from the destination, the visitor and the milestone.
    id             UUID   NOT NULL,
    visitor_id     UUID   NOT NULL,
    item_id        UUID   NOT NULL,
    -- The milestone that the item reaches, where that is what is told.
    milestone      TEXT,
    created_at     BIGINT NOT NULL,
    -- 'waiting', 'delivered', 'skipped' or 'dead'.
    state          TEXT   NOT NULL,
    -- When it is due, or until when whoever has taken it may work on it; when it ended, for one that has.
    due_at         BIGINT NOT NULL,
    -- Whoever has taken it.
    claim          UUID,
    attempts       BIGINT NOT NULL,
    -- What became of the last attempt.
    status         BIGINT,
    error          TEXT,
    PRIMARY KEY (site_id, destination_id, id)
);
CREATE INDEX deliveries_by_state ON deliveries (site_id, destination_id, state, due_at, id);
