-- What people keep of their questions: reports, notes on days, and segments.

-- A question, by the route that answers it and its parameters.
CREATE TABLE saved_reports (
    site_id    BIGINT NOT NULL,
    id         UUID   NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    path       TEXT   NOT NULL,
    -- The JSON text of an object.
    parameters TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- As in the audit log.
    created_by TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, id)
);

-- What happened on a day, or at a moment.
CREATE TABLE annotations (
    site_id    BIGINT NOT NULL,
    id         UUID   NOT NULL,
    -- One of the two: a day of the site's time zone, or a moment.
    day        TEXT COLLATE "C",
    at         BIGINT,
    note       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, id)
);

-- Conditions under a name.
CREATE TABLE segments (
    site_id    BIGINT NOT NULL,
    id         UUID   NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    -- The JSON text of a list.
    filters    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, id)
);
CREATE UNIQUE INDEX segments_by_name ON segments (site_id, name);

SELECT raise_wall(walled::regclass)
FROM unnest(ARRAY['annotations', 'saved_reports', 'segments']) AS walled;
