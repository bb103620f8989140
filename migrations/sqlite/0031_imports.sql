-- Imports by the API: one at a time of a site, and what came of them.
CREATE TABLE imports (
    site_id     BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    -- 'sessions', 'ga4', 'umami' or 'plausible'.
    kind        TEXT    NOT NULL,
    -- Whether nothing is stored.
    dry_run     BOOLEAN NOT NULL,
    -- What the file is called where it came from, if that was said.
    file        TEXT,
    -- Bytes of it that have come.
    bytes       BIGINT  NOT NULL,
    -- 'receiving', 'running', 'done', 'failed', 'cancelled' or 'interrupted'.
    state       TEXT    NOT NULL,
    -- What came of it until now, the JSON text of an object.
    report      TEXT    NOT NULL,
    -- Whether somebody wants it to end.
    unwanted    BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL,
    created_by  TEXT    NOT NULL,
    -- The last sign of life of the collector that has the file.
    alive_at    BIGINT  NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX imports_going_on ON imports (site_id) WHERE ended_at IS NULL;
