-- Sums by hour, for questions that cannot wait for a copy of all rows, or whose site has more rows than fit. An hour's sums are
-- a recount of its rows, kept until something changes them: whatever does marks the hour in its own transaction, and marked
-- hours are counted anew when they are read.

-- Hours since the Unix epoch whose sums are not to be read. Nobody waits for anybody: each transaction has rows of its own, and
-- whoever counted an hour removes those alone that were there when it was counted.
CREATE TABLE rollup_marks (
    site_id BIGINT NOT NULL,
    hour    BIGINT NOT NULL,
    -- The transaction's number.
    mark    BIGINT NOT NULL DEFAULT txid_current(),
    PRIMARY KEY (site_id, hour, mark)
);
SELECT raise_wall('rollup_marks');

-- From which hour on sums are kept. A site without a row has none yet.
CREATE TABLE rollups (
    site_id   BIGINT NOT NULL,
    kept_from BIGINT NOT NULL,
    PRIMARY KEY (site_id)
);
SELECT raise_wall('rollups');

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
    visitors     BYTEA   NOT NULL,
    PRIMARY KEY (site_id, hour, bot)
);
SELECT raise_wall('rollup_hours');

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
    visitors     BYTEA   NOT NULL,
    PRIMARY KEY (site_id, hour, bot, place)
);
SELECT raise_wall('rollup_touches');

-- Commits mark the hours of their items and of the beginnings of their sessions themselves. What follows is the rest.

-- A session has moved, or is somebody else's. The visitor's next one may not be their first any more.
-- It is looked for when the transaction ends: by then the visitor's row is its own, and nobody else can be storing one.
CREATE FUNCTION mark_moved_session() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour)
    SELECT OLD.site_id, OLD.started_at / 3600000
    UNION
    SELECT NEW.site_id, NEW.started_at / 3600000
    UNION
    SELECT next.site_id, next.started_at / 3600000
    FROM (
        SELECT s.site_id, s.started_at
        FROM sessions AS s
        WHERE s.site_id = NEW.site_id AND s.visitor_id = NEW.visitor_id
          AND (s.started_at, s.session_id) > (NEW.started_at, NEW.session_id)
        ORDER BY s.started_at, s.session_id
        LIMIT 1
    ) AS next
    ON CONFLICT DO NOTHING;
    -- What was said of somebody who has been erased does not wait for the recount.
    IF OLD.visitor_id <> NEW.visitor_id THEN
        DELETE FROM rollup_hours WHERE site_id = OLD.site_id AND hour = OLD.started_at / 3600000;
        DELETE FROM rollup_touches WHERE site_id = OLD.site_id AND hour = OLD.started_at / 3600000;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER sessions_move AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        OLD.started_at <> NEW.started_at OR OLD.visitor_id <> NEW.visitor_id OR OLD.session_id <> NEW.session_id
    ) EXECUTE FUNCTION mark_moved_session();

CREATE FUNCTION mark_gone_sessions() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour)
    SELECT DISTINCT site_id, started_at / 3600000 FROM gone
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_go AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION mark_gone_sessions();

CREATE FUNCTION mark_gone_events() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour)
    SELECT site_id, at / 3600000 FROM gone
    UNION
    SELECT s.site_id, s.started_at / 3600000
    FROM gone
    JOIN sessions AS s ON s.site_id = gone.site_id AND s.visitor_id = gone.visitor_id AND s.session_id = gone.session_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_go AFTER DELETE ON events REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION mark_gone_events();

CREATE FUNCTION mark_moved_event() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour) VALUES (OLD.site_id, OLD.at / 3600000) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_move AFTER UPDATE OF visitor_id, session_id ON events
    FOR EACH ROW WHEN (OLD.visitor_id <> NEW.visitor_id OR OLD.session_id <> NEW.session_id)
    EXECUTE FUNCTION mark_moved_event();

-- Whoever turns out to be a bot, or none, is counted elsewhere with all that is theirs.
CREATE FUNCTION mark_turned_visitor() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour)
    SELECT site_id, started_at / 3600000
    FROM sessions
    WHERE site_id = NEW.site_id AND visitor_id = NEW.visitor_id
    UNION
    SELECT site_id, at / 3600000
    FROM events
    WHERE site_id = NEW.site_id AND visitor_id = NEW.visitor_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER visitors_turn AFTER UPDATE OF bot_decision, device_type ON visitors
    FOR EACH ROW WHEN (
        COALESCE(OLD.bot_decision, OLD.device_type = 'bot', FALSE) <> COALESCE(NEW.bot_decision, NEW.device_type = 'bot', FALSE)
    ) EXECUTE FUNCTION mark_turned_visitor();
