-- Figures that are looked at once for each window of time that is over, and who is told when they change sides.

CREATE TABLE alerts (
    site_id         BIGINT  NOT NULL,
    id              UUID    NOT NULL,
    name            TEXT    NOT NULL,
    -- What is looked at and when it fires, the JSON text of an object.
    rule            TEXT    NOT NULL,
    -- Who is told, the JSON text of a list.
    channels        TEXT    NOT NULL,
    paused          BOOLEAN NOT NULL,
    -- 'unknown', 'ok' or 'firing', and since when.
    state           TEXT    NOT NULL,
    since           BIGINT  NOT NULL,
    -- The end of the last window that was looked at; NULL where the next one is the last that is over.
    looked_until    BIGINT,
    -- What came of that, the JSON text of an object.
    looked          TEXT,
    -- Who looks at present, and until when they may be thought to.
    holder          UUID,
    held_until      BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    created_by      TEXT    NOT NULL,
    changed_at      BIGINT  NOT NULL,
    PRIMARY KEY (site_id, id)
);
SELECT raise_wall('alerts');

-- Every change of an alert's state.
CREATE TABLE alert_history (
    site_id  BIGINT NOT NULL,
    alert_id UUID   NOT NULL,
    id       UUID   NOT NULL,
    at       BIGINT NOT NULL,
    -- What was told of it, the JSON text of an object.
    told     TEXT   NOT NULL,
    PRIMARY KEY (site_id, alert_id, at, id)
);
SELECT raise_wall('alert_history');

-- One row for each channel that is told of a change, written in its transaction.
CREATE TABLE alert_notices (
    site_id    BIGINT NOT NULL,
    alert_id   UUID   NOT NULL,
    -- Which every attempt tells the receiver.
    id         UUID   NOT NULL,
    -- The row of the history.
    change_id  UUID   NOT NULL,
    -- Who is told, the JSON text of an object.
    channel    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- 'waiting', 'delivered', 'skipped' or 'dead'.
    state      TEXT   NOT NULL,
    -- When it is due, or until when whoever has taken it may work on it; when it ended, for one that has.
    due_at     BIGINT NOT NULL,
    -- Whoever has taken it.
    claim      UUID,
    attempts   BIGINT NOT NULL,
    -- What became of the last attempt.
    status     BIGINT,
    error      TEXT,
    PRIMARY KEY (site_id, alert_id, id)
);
CREATE INDEX alert_notices_by_state ON alert_notices (site_id, state, due_at, id);
SELECT raise_wall('alert_notices');
