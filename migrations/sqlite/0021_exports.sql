-- Days that are written to a folder.

-- How far a site's days have come, and who is at it.
CREATE TABLE export_schedules (
    site_id    BIGINT NOT NULL,
    -- events, sessions or journeys.
    what       TEXT   NOT NULL,
    -- The first day that has not been written, of the site's time zone.
    next_day   TEXT   NOT NULL,
    holder     BLOB,
    held_until BIGINT NOT NULL,
    PRIMARY KEY (site_id, what)
);

-- Days that have been written.
CREATE TABLE exported_days (
    site_id    BIGINT NOT NULL,
    what       TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    format     TEXT   NOT NULL,
    -- In the file.
    row_count  BIGINT NOT NULL,
    -- By which it is seen that the day has changed.
    mark       TEXT   NOT NULL,
    written_at BIGINT NOT NULL,
    -- When it was last seen to be as it was written.
    looked_at  BIGINT NOT NULL,
    PRIMARY KEY (site_id, what, day)
);
