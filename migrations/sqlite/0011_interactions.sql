-- What passed between a site and its people outside of its pages, and whose the e-mail addresses are.

-- One row for each interaction that a server told.
CREATE TABLE interactions (
    site_id     BIGINT NOT NULL,
    -- Follows from the sender's own id of it.
    id          BLOB   NOT NULL,
    at          BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    channel     TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    -- in or out, as the site sees it.
    direction   TEXT,
    -- Whom it was with, as it was told. Whose it is follows from that and from the items, when it is read.
    user_id     TEXT,
    visitor_id  BLOB,
    -- SHA-256 of the address, in 64 hexadecimal digits.
    email_hash  TEXT,
    source      TEXT,
    campaign    TEXT,
    subject     TEXT,
    -- A JSON array of texts.
    labels      TEXT,
    duration_s  BIGINT,
    props       TEXT
);
CREATE UNIQUE INDEX interactions_by_id ON interactions (site_id, id);
-- As with events: a list of one person's never takes it.
CREATE INDEX interactions_by_second ON interactions (site_id, at / 1000);
CREATE INDEX interactions_by_user ON interactions (site_id, user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX interactions_by_visitor ON interactions (site_id, visitor_id, at) WHERE visitor_id IS NOT NULL;
CREATE INDEX interactions_by_email ON interactions (site_id, email_hash, at) WHERE email_hash IS NOT NULL;

-- The addresses that items told of users. The user who told one last has it.
CREATE TABLE user_emails (
    site_id    BIGINT NOT NULL,
    email_hash TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    last_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_emails_by_email ON user_emails (site_id, email_hash, user_id);
CREATE INDEX user_emails_by_user ON user_emails (site_id, user_id, email_hash);

-- What items told before there was this, as it was told. Whoever opens the database hashes it and takes it away.
CREATE TABLE told_emails (
    site_id BIGINT NOT NULL,
    -- An address, or its hash.
    told    TEXT NOT NULL,
    user_id TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, told, user_id)
) WITHOUT ROWID;

-- What is stored already. Nothing so long is an address.
INSERT INTO told_emails (site_id, told, user_id, last_at)
SELECT site_id, told, user_id, MAX(at)
FROM (
    SELECT site_id, user_id AS told, user_id, last_at AS at
    FROM visitor_users
    WHERE user_id LIKE '%@%'
    UNION ALL
    SELECT site_id, props ->> 'previous_id', props ->> 'previous_id', at
    FROM events
    WHERE kind = 'identify' AND props ->> 'previous_id' LIKE '%@%'
    UNION ALL
    SELECT site_id, props ->> 'email', user_id, at
    FROM events
    WHERE kind = 'identify' AND props ->> 'email' LIKE '%@%' AND json_type(props, '$.email') = 'text'
    UNION ALL
    SELECT site_id, props ->> 'email_hash', user_id, at
    FROM events
    WHERE kind = 'identify' AND props ->> 'email_hash' NOT LIKE '%@%' AND json_type(props, '$.email_hash') = 'text'
) AS told
WHERE user_id IS NOT NULL AND length(told) <= 300
GROUP BY site_id, told, user_id;
