-- Who may send (sites and their write keys) and who may read (people, their sign-ins, API keys).
-- Secrets are kept as SHA-256 of 256 random bits, passwords as argon2id; neither can be turned back.

CREATE TABLE sites (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT   NOT NULL,
    write_key  TEXT   NOT NULL UNIQUE,
    -- A JSON array of origin patterns; empty means any origin.
    origins    TEXT   NOT NULL,
    time_zone  TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role          TEXT   NOT NULL,
    -- Both are NULL until the set-up link has been used.
    email         TEXT   UNIQUE,
    password_hash TEXT,
    created_at    BIGINT NOT NULL
);

-- Several collectors may start on one new database at once: one owner comes of it.
CREATE UNIQUE INDEX users_one_owner ON users (role) WHERE role = 'owner';

CREATE TABLE setup_tokens (
    token_hash BYTEA  PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Kept after use, so that a second use can be told from a wrong token.
    used_at    BIGINT
);

CREATE TABLE logins (
    token_hash BYTEA  PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX logins_expires_at ON logins (expires_at);

CREATE TABLE api_keys (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT   NOT NULL,
    -- NULL for a key that sees every site.
    site_id     BIGINT REFERENCES sites (id) ON DELETE CASCADE,
    secret_hash BYTEA  NOT NULL UNIQUE,
    -- The secret's first characters, by which its holder recognises it in a list.
    hint        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);
