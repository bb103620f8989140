-- Sums by hour, for questions that cannot wait for a copy of all rows, or whose site has more rows than fit. An hour's sums are
-- a recount of its rows, kept until something changes them: whatever does marks the hour in its own transaction, and marked
-- hours are counted anew when they are read.

-- Hours since the Unix epoch whose sums are not to be read. The mark is another one each time, by which whoever counted the hour
-- sees whether it was marked again meanwhile.
CREATE TABLE rollup_marks (
    site_id BIGINT NOT NULL,
    hour    BIGINT NOT NULL,
    mark    BIGINT NOT NULL,
    PRIMARY KEY (site_id, hour)
) WITHOUT ROWID;

-- From which hour on sums are kept. A site without a row has none yet.
CREATE TABLE rollups (
    site_id   BIGINT NOT NULL,
    kept_from BIGINT NOT NULL,
    PRIMARY KEY (site_id)
) WITHOUT ROWID;

-- What happened in an hour, and who began a session in it.
CREATE TABLE rollup_hours (
    site_id      BIGINT  NOT NULL,
    hour         BIGINT  NOT NULL,
    bot          BOOLEAN NOT NULL,
    page_views   BIGINT  NOT NULL,
    events       BIGINT  NOT NULL,
    conversions  BIGINT  NOT NULL,
    sessions     BIGINT  NOT NULL,
    new_visitors BIGINT  NOT NULL,
    engaged      BIGINT  NOT NULL,
    converted    BIGINT  NOT NULL,
    visible_ms   BIGINT  NOT NULL,
    lasted_ms    BIGINT  NOT NULL,
    -- Hashes of their ids, or what can be estimated from.
    visitors     BLOB    NOT NULL,
    PRIMARY KEY (site_id, hour, bot)
);

-- Sessions that began in an hour, by where they came from, with everything that happened in them.
CREATE TABLE rollup_touches (
    site_id      BIGINT  NOT NULL,
    hour         BIGINT  NOT NULL,
    bot          BOOLEAN NOT NULL,
    -- Counted within the hour.
    place        BIGINT  NOT NULL,
    source       TEXT,
    medium       TEXT,
    campaign     TEXT,
    channel      TEXT,
    sessions     BIGINT  NOT NULL,
    new_visitors BIGINT  NOT NULL,
    engaged      BIGINT  NOT NULL,
    converted    BIGINT  NOT NULL,
    page_views   BIGINT  NOT NULL,
    events       BIGINT  NOT NULL,
    conversions  BIGINT  NOT NULL,
    visible_ms   BIGINT  NOT NULL,
    lasted_ms    BIGINT  NOT NULL,
    visitors     BLOB    NOT NULL,
    PRIMARY KEY (site_id, hour, bot, place)
);

-- Commits mark the hours of their items and of the beginnings of their sessions themselves. What follows is the rest.

-- A session is somebody else's.
CREATE TRIGGER sessions_rename AFTER UPDATE OF visitor_id, session_id ON sessions
WHEN OLD.visitor_id <> NEW.visitor_id OR OLD.session_id <> NEW.session_id
BEGIN
    INSERT INTO rollup_marks (site_id, hour, mark) VALUES (NEW.site_id, NEW.started_at / 3600000, random())
    ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark;
    -- What was said of somebody who has been erased does not wait for the recount.
    DELETE FROM rollup_hours WHERE site_id = NEW.site_id AND hour = NEW.started_at / 3600000;
    DELETE FROM rollup_touches WHERE site_id = NEW.site_id AND hour = NEW.started_at / 3600000;
END;

CREATE TRIGGER sessions_go AFTER DELETE ON sessions
BEGIN
    INSERT INTO rollup_marks (site_id, hour, mark) VALUES (OLD.site_id, OLD.started_at / 3600000, random())
    ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark;
END;

CREATE TRIGGER events_go AFTER DELETE ON events
BEGIN
    INSERT INTO rollup_marks (site_id, hour, mark)
    SELECT OLD.site_id, OLD.at / 3600000, random()
    UNION
    SELECT s.site_id, s.started_at / 3600000, random()
    FROM sessions AS s
    WHERE s.site_id = OLD.site_id AND s.visitor_id = OLD.visitor_id AND s.session_id = OLD.session_id
    ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark;
END;

CREATE TRIGGER events_move AFTER UPDATE OF visitor_id, session_id ON events
WHEN OLD.visitor_id <> NEW.visitor_id OR OLD.session_id <> NEW.session_id
BEGIN
    INSERT INTO rollup_marks (site_id, hour, mark) VALUES (OLD.site_id, OLD.at / 3600000, random())
    ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark;
END;

-- Whoever turns out to be a bot, or none, is counted elsewhere with all that is theirs.
CREATE TRIGGER visitors_turn AFTER UPDATE OF bot_decision, device_type ON visitors
WHEN COALESCE(OLD.bot_decision, OLD.device_type = 'bot', FALSE) <> COALESCE(NEW.bot_decision, NEW.device_type = 'bot', FALSE)
BEGIN
    INSERT INTO rollup_marks (site_id, hour, mark)
    SELECT site_id, started_at / 3600000, random()
    FROM sessions
    WHERE site_id = NEW.site_id AND visitor_id = NEW.visitor_id
    UNION ALL
    SELECT site_id, at / 3600000, random()
    FROM events
    WHERE site_id = NEW.site_id AND visitor_id = NEW.visitor_id
    ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark;
END;
