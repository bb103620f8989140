-- Items and what they add up to. Times are milliseconds since the Unix epoch. Ids are UUIDs.
--
-- A pair of columns `x_at`, `x_item` is the moment of the item that `x` was taken from: the time, and the id where two
-- items share it. By it an upsert decides whether an item that arrives now comes before or after what is stored.

-- One row for every accepted item but page pings.
CREATE TABLE events (
    site_id      BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    kind         TEXT    NOT NULL,
    at           BIGINT  NOT NULL,
    received_at  BIGINT  NOT NULL,
    visitor_id   UUID    NOT NULL,
    session_id   UUID    NOT NULL,
    tab_id       UUID    NOT NULL,
    seq          BIGINT  NOT NULL,
    page_view_id UUID,
    name         TEXT,
    url          TEXT,
    title        TEXT,
    referrer     TEXT,
    props        JSONB,
    conversion   BOOLEAN NOT NULL,
    value        TEXT,
    currency     TEXT,
    user_id      TEXT,
    consent      TEXT,
    PRIMARY KEY (site_id, id)
);
CREATE INDEX events_by_time ON events (site_id, at, id);
CREATE INDEX events_by_visitor ON events (site_id, visitor_id, at, id);
CREATE INDEX events_by_session ON events (site_id, session_id, at, id);

-- What page pings say of a page view. Both figures only grow, and the row may be there before the page view is.
CREATE TABLE page_views (
    site_id    BIGINT NOT NULL,
    id         UUID   NOT NULL,
    visible_ms BIGINT NOT NULL,
    scroll_max BIGINT NOT NULL,
    PRIMARY KEY (site_id, id)
);

CREATE TABLE sessions (
    site_id         BIGINT NOT NULL,
    visitor_id      UUID   NOT NULL,
    session_id      UUID   NOT NULL,
    started_at      BIGINT NOT NULL,
    first_at        BIGINT NOT NULL,
    first_item      UUID   NOT NULL,
    last_at         BIGINT NOT NULL,
    last_item       UUID   NOT NULL,
    page_views      BIGINT NOT NULL,
    events          BIGINT NOT NULL,
    entry_url       TEXT,
    entry_at        BIGINT,
    entry_item      UUID,
    exit_url        TEXT,
    exit_at         BIGINT,
    exit_item       UUID,
    -- Of the item at (first_at, first_item), all together.
    touched         BOOLEAN NOT NULL,
    touch_at        BIGINT,
    source          TEXT,
    medium          TEXT,
    campaign        TEXT,
    term            TEXT,
    content         TEXT,
    channel         TEXT,
    click_ids       TEXT,
    landing_url     TEXT,
    referrer        TEXT,
    device_type     TEXT,
    browser         TEXT,
    os              TEXT,
    country         TEXT,
    region          TEXT,
    city            TEXT,
    language        TEXT,
    time_zone       TEXT,
    screen_width    BIGINT,
    screen_height   BIGINT,
    viewport_width  BIGINT,
    viewport_height BIGINT,
    -- Of the earliest item that knew them.
    ga_client_id    TEXT,
    ga_session_id   TEXT,
    ga_at           BIGINT,
    ga_item         UUID,
    PRIMARY KEY (site_id, visitor_id, session_id)
);
CREATE INDEX sessions_by_start ON sessions (site_id, started_at, session_id);

-- One row for every visitor: the journey.
CREATE TABLE visitors (
    site_id          BIGINT NOT NULL,
    visitor_id       UUID   NOT NULL,
    name             TEXT   NOT NULL,
    first_at         BIGINT NOT NULL,
    first_item       UUID   NOT NULL,
    last_at          BIGINT NOT NULL,
    last_item        UUID   NOT NULL,
    -- 0 anonymous, 1 registered, 2 qualified, 3 converted.
    stage            BIGINT NOT NULL,
    stage_at         BIGINT,
    total_sessions   BIGINT NOT NULL,
    total_page_views BIGINT NOT NULL,
    total_events     BIGINT NOT NULL,
    -- Of the latest item that knew it.
    user_id          TEXT,
    user_at          BIGINT,
    user_item        UUID,
    -- Of the latest item that knew them.
    ga_client_id     TEXT,
    ga_session_id    TEXT,
    ga_at            BIGINT,
    ga_item          UUID,
    -- Of the item at (first_at, first_item), all together.
    touched          BOOLEAN NOT NULL,
    touch_at         BIGINT,
    source           TEXT,
    medium           TEXT,
    campaign         TEXT,
    term             TEXT,
    content          TEXT,
    channel          TEXT,
    click_ids        TEXT,
    landing_url      TEXT,
    referrer         TEXT,
    device_type      TEXT,
    browser          TEXT,
    os               TEXT,
    country          TEXT,
    region           TEXT,
    city             TEXT,
    language         TEXT,
    time_zone        TEXT,
    PRIMARY KEY (site_id, visitor_id)
);
CREATE INDEX visitors_by_last ON visitors (site_id, last_at, visitor_id);

-- The first time of every named moment.
CREATE TABLE milestones (
    site_id    BIGINT NOT NULL,
    visitor_id UUID   NOT NULL,
    name       TEXT   NOT NULL,
    first_at   BIGINT NOT NULL,
    PRIMARY KEY (site_id, visitor_id, name)
);
