-- Who is who: the users that visitors were known as, ids that mean one person, accounts, and what was changed by hand.

-- The users that the items of a visitor named. Page pings have no row to be read again, and name nobody.
CREATE TABLE visitor_users (
    site_id    BIGINT  NOT NULL,
    visitor_id UUID    NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    -- The latest item that named the user.
    last_at    BIGINT  NOT NULL,
    -- Whether the visitor has other users too. It never goes back.
    shared     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (site_id, visitor_id, user_id)
);
-- Neither has last_at, which changes all the time: a row that no index has to follow is changed in place.
CREATE INDEX visitor_users_by_user ON visitor_users (site_id, user_id, visitor_id);
CREATE INDEX visitor_users_shared ON visitor_users (site_id, visitor_id, user_id) WHERE shared;

-- Two ids of one person. An id is 'user:' and the user id, or 'visitor:' and the visitor id in 32 digits; the lesser
-- stands first.
CREATE TABLE person_links (
    site_id BIGINT NOT NULL,
    one     TEXT COLLATE "C" NOT NULL,
    other   TEXT COLLATE "C" NOT NULL,
    -- alias: an item said so; owner: somebody said so, whose word can be taken back.
    origin  TEXT   NOT NULL,
    -- When somebody said so.
    at      BIGINT,
    PRIMARY KEY (site_id, one, other, origin)
);
CREATE INDEX person_links_by_other ON person_links (site_id, other, one, origin, at);

-- Accounts as items of the type group told them.
CREATE TABLE accounts (
    site_id     BIGINT NOT NULL,
    account_id  TEXT COLLATE "C" NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    -- Of the latest item that had traits, all together.
    name        TEXT,
    domain      TEXT,
    traits      JSONB,
    traits_at   BIGINT,
    traits_item UUID,
    PRIMARY KEY (site_id, account_id)
);
CREATE INDEX accounts_by_last ON accounts (site_id, last_at, account_id);
CREATE INDEX accounts_by_domain ON accounts (site_id, domain);

-- The accounts that the items of a visitor told.
CREATE TABLE visitor_accounts (
    site_id    BIGINT NOT NULL,
    visitor_id UUID   NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (site_id, visitor_id, account_id)
);
CREATE INDEX visitor_accounts_by_account ON visitor_accounts (site_id, account_id, visitor_id);

-- What people and programs with a key changed by hand.
CREATE TABLE audit (
    site_id BIGINT NOT NULL,
    id      UUID   NOT NULL,
    at      BIGINT NOT NULL,
    -- 'user:' or 'api_key:' and its number, or 'cli'.
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  JSONB  NOT NULL,
    PRIMARY KEY (site_id, id)
);
CREATE INDEX audit_by_time ON audit (site_id, at, id);

-- What is stored already. The domain in a website's address is read when its account is told the next time.
INSERT INTO visitor_users (site_id, visitor_id, user_id, last_at, shared)
SELECT site_id, visitor_id, user_id, MAX(at), COUNT(*) OVER (PARTITION BY site_id, visitor_id) > 1
FROM events
WHERE user_id IS NOT NULL
GROUP BY site_id, visitor_id, user_id;

INSERT INTO visitor_accounts (site_id, visitor_id, account_id)
SELECT DISTINCT site_id, visitor_id, name
FROM events
WHERE kind = 'group';

INSERT INTO accounts (site_id, account_id, first_at, last_at)
SELECT site_id, name, MIN(at), MAX(at)
FROM events
WHERE kind = 'group'
GROUP BY site_id, name;

UPDATE accounts SET
    name = told.props ->> 'name',
    domain = lower(told.props ->> 'domain'),
    traits = told.props,
    traits_at = told.at,
    traits_item = told.id
FROM (
    SELECT site_id, name AS account_id, props, at, id,
           ROW_NUMBER() OVER (PARTITION BY site_id, name ORDER BY at DESC, id DESC) AS place
    FROM events
    WHERE kind = 'group' AND props IS NOT NULL
) AS told
WHERE told.place = 1 AND accounts.site_id = told.site_id AND accounts.account_id = told.account_id;

INSERT INTO person_links (site_id, one, other, origin)
SELECT DISTINCT site_id,
    CASE WHEN user_id COLLATE "C" < props ->> 'previous_id' THEN 'user:' || user_id ELSE 'user:' || (props ->> 'previous_id') END,
    CASE WHEN user_id COLLATE "C" < props ->> 'previous_id' THEN 'user:' || (props ->> 'previous_id') ELSE 'user:' || user_id END,
    'alias'
FROM events
WHERE kind = 'identify' AND props ->> 'previous_id' <> user_id;
