-- What changed of a site of late, for whoever keeps a copy of its rows in memory: what they have to read again. A row is written
-- in the transaction of what it tells of, and goes after some minutes.
CREATE TABLE changes (
    site_id BIGINT NOT NULL,
    -- Counted by site, in the order of the commits.
    change  BIGINT NOT NULL,
    -- More of the same transaction; SQLite counts those too.
    part    BIGINT NOT NULL DEFAULT 0,
    -- By the database's clock.
    at      BIGINT NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    -- visitors, links, interactions, emails, or whole: somebody has other ids now.
    kind    TEXT   NOT NULL,
    -- Ids of visitors or interactions, sixteen bytes each.
    ids     BLOB,
    -- The two ids of a link, as the JSON text of an array, or the hash of an address.
    link    TEXT,
    PRIMARY KEY (site_id, change, part)
) WITHOUT ROWID;

-- Whose an order is changes with the report that counts, and the commit knows only who told it.
CREATE TRIGGER orders_change AFTER UPDATE OF visitor_id ON orders WHEN OLD.visitor_id <> NEW.visitor_id
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'visitors', OLD.visitor_id
    FROM changes WHERE site_id = OLD.site_id;
END;

CREATE TRIGGER visitors_go AFTER DELETE ON visitors
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'visitors', OLD.visitor_id
    FROM changes WHERE site_id = OLD.site_id;
END;

CREATE TRIGGER visitors_decide AFTER UPDATE OF bot_decision ON visitors
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'visitors', OLD.visitor_id
    FROM changes WHERE site_id = OLD.site_id;
END;

-- The old id is told nowhere: it has been erased.
CREATE TRIGGER visitors_rename AFTER UPDATE OF visitor_id ON visitors WHEN OLD.visitor_id <> NEW.visitor_id
BEGIN
    INSERT INTO changes (site_id, change, kind)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'whole'
    FROM changes WHERE site_id = OLD.site_id;
END;

CREATE TRIGGER person_links_come AFTER INSERT ON person_links
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, 'links', json_array(NEW.one, NEW.other)
    FROM changes WHERE site_id = NEW.site_id;
END;

CREATE TRIGGER person_links_go AFTER DELETE ON person_links
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'links', json_array(OLD.one, OLD.other)
    FROM changes WHERE site_id = OLD.site_id;
END;

CREATE TRIGGER interactions_come AFTER INSERT ON interactions
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, 'interactions', NEW.id
    FROM changes WHERE site_id = NEW.site_id;
END;

CREATE TRIGGER interactions_change AFTER UPDATE ON interactions
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, CASE WHEN NEW.id = OLD.id THEN 'interactions' ELSE 'whole' END, NEW.id
    FROM changes WHERE site_id = NEW.site_id;
END;

CREATE TRIGGER interactions_go AFTER DELETE ON interactions
BEGIN
    INSERT INTO changes (site_id, change, kind, ids)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'interactions', OLD.id
    FROM changes WHERE site_id = OLD.site_id;
END;

CREATE TRIGGER user_emails_come AFTER INSERT ON user_emails
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, 'emails', NEW.email_hash
    FROM changes WHERE site_id = NEW.site_id;
END;

CREATE TRIGGER user_emails_change AFTER UPDATE OF user_id, email_hash ON user_emails
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, 'emails', NEW.email_hash
    FROM changes WHERE site_id = NEW.site_id;
END;

-- Of those who told one address it is the one's who told it last.
CREATE TRIGGER user_emails_move AFTER UPDATE OF last_at ON user_emails WHEN EXISTS (
    SELECT 1
    FROM user_emails AS o
    WHERE o.site_id = NEW.site_id AND o.email_hash = NEW.email_hash AND o.user_id <> NEW.user_id
)
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT NEW.site_id, COALESCE(MAX(change), 0) + 1, 'emails', NEW.email_hash
    FROM changes WHERE site_id = NEW.site_id;
END;

CREATE TRIGGER user_emails_go AFTER DELETE ON user_emails
BEGIN
    INSERT INTO changes (site_id, change, kind, link)
    SELECT OLD.site_id, COALESCE(MAX(change), 0) + 1, 'emails', OLD.email_hash
    FROM changes WHERE site_id = OLD.site_id;
END;
