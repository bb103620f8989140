-- What it takes to erase somebody: the site's key, ids that are not to come back, and room for ids while they are replaced.

-- By it receipts are signed and erased ids are hashed.
CREATE TABLE privacy_keys (
    site_id BIGINT PRIMARY KEY,
    secret  BLOB   NOT NULL,
    made_at BIGINT NOT NULL
);

-- Users, browsers and addresses that were erased, as keyed hashes.
CREATE TABLE erased_ids (
    site_id    BIGINT NOT NULL,
    hash       TEXT   NOT NULL,
    -- Counts on from that of the definitions of stages: by the highest one a transaction tells whether it knows the latest.
    generation BIGINT NOT NULL,
    PRIMARY KEY (site_id, hash)
) WITHOUT ROWID;
CREATE INDEX erased_ids_by_generation ON erased_ids (generation);

-- Ids that are being replaced. Filled and emptied by one transaction, so nobody ever sees a row.
CREATE TABLE erasing_ids (
    site_id BIGINT NOT NULL,
    -- visitor, shared, session, tab, item or contact.
    kind    TEXT   NOT NULL,
    old     BLOB   NOT NULL,
    fresh   BLOB   NOT NULL,
    PRIMARY KEY (site_id, kind, old)
) WITHOUT ROWID;

-- Likewise: user, email, order.
CREATE TABLE erasing_texts (
    site_id BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    old     TEXT   NOT NULL,
    fresh   TEXT   NOT NULL,
    PRIMARY KEY (site_id, kind, old)
) WITHOUT ROWID;
