-- Days that are written to a folder.

-- How far a site's days have come, and who is at it.
CREATE TABLE export_schedules (
    site_id    BIGINT NOT NULL,
    -- events, sessions or journeys.
    what       TEXT COLLATE "C" NOT NULL,
    -- The first day that has not been written, of the site's time zone.
    next_day   TEXT COLLATE "C" NOT NULL,
    holder     UUID,
    held_until BIGINT NOT NULL,
    PRIMARY KEY (site_id, what)
);

-- Days that have been written.
CREATE TABLE exported_days (
    site_id    BIGINT NOT NULL,
    what       TEXT COLLATE "C" NOT NULL,
    day        TEXT COLLATE "C" NOT NULL,
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

SELECT raise_wall(walled::regclass)
FROM unnest(ARRAY['export_schedules', 'exported_days']) AS walled;
