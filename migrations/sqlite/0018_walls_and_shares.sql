-- Links by which somebody without a sign-in reads of one site, until they expire or are taken back.
CREATE TABLE shares (
    site_id      BIGINT NOT NULL,
    id           BLOB   NOT NULL,
    name         TEXT   NOT NULL,
    -- 'figures', or 'journeys' too.
    shows        TEXT   NOT NULL,
    token_hash   BLOB   NOT NULL UNIQUE,
    -- The token's first characters, by which its holder recognises it in a list.
    hint         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    -- As in the audit log.
    created_by   TEXT   NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    -- To the minute.
    last_used_at BIGINT,
    PRIMARY KEY (site_id, id)
) WITHOUT ROWID;
