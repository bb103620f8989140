-- The event catalogue of a site, and what it finds wrong.

CREATE TABLE catalogues (
    site_id    BIGINT PRIMARY KEY,
    -- off, flag or reject.
    mode       TEXT   NOT NULL,
    -- The document, JSON text; NULL where only the mode was set.
    document   TEXT,
    -- Counts the changes.
    revision   BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Events that were not as the catalogue says, counted by what was wrong. Bounded: what was not seen for the longest time
-- goes first.
CREATE TABLE catalogue_findings (
    site_id  BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    -- unknown_event or invalid_props.
    problem  TEXT   NOT NULL,
    field    TEXT   NOT NULL,
    items    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (site_id, name, problem, field)
) WITHOUT ROWID;
