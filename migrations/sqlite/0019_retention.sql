-- How long things are kept, what has gone for its age, erasures that can still be taken back, and what visitors consented to.

-- Limits of age. The row without a name is for all that has no limit of its own; without any, the collector's own limit holds.
CREATE TABLE retention (
    site_id    BIGINT NOT NULL,
    -- An event's name.
    name       TEXT NOT NULL,
    -- 0 for ever, NULL as the site.
    days       BIGINT,
    -- What is older is not stored any more. It never goes back, because what is gone could come once more.
    kept_from  BIGINT NOT NULL,
    -- What is older is gone.
    swept_to   BIGINT NOT NULL,
    -- Counts on from that of the definitions of stages.
    generation BIGINT NOT NULL,
    PRIMARY KEY (site_id, name)
) WITHOUT ROWID;
CREATE INDEX retention_by_generation ON retention (generation);

-- Sites from before keep what they have until somebody says otherwise.
INSERT INTO retention (site_id, name, days, kept_from, swept_to, generation)
SELECT id, '', 0, 0, 0, 0
FROM sites;

-- Who is at it, and what the last round did.
CREATE TABLE retention_rounds (
    site_id      BIGINT PRIMARY KEY,
    holder       BLOB,
    held_until   BIGINT NOT NULL,
    began_at     BIGINT NOT NULL,
    ended_at     BIGINT,
    -- Of the round that is under way, or of the last one.
    events       BIGINT NOT NULL,
    sessions     BIGINT NOT NULL,
    visitors     BIGINT NOT NULL,
    interactions BIGINT NOT NULL
);

-- Sums of rows that are gone, by day of the site's time zone.
CREATE TABLE kept_totals (
    site_id BIGINT NOT NULL,
    -- event, page_view, milestone and so on, session, visitor, interaction, unmatched_interaction.
    kind    TEXT NOT NULL,
    -- Of events and milestones their name, of sessions and interactions the channel, else empty.
    name    TEXT NOT NULL,
    day     TEXT NOT NULL,
    items   BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, name, day)
) WITHOUT ROWID;

-- What the pages of a session were visible, of page views that are gone.
ALTER TABLE sessions ADD COLUMN past_visible_ms BIGINT NOT NULL DEFAULT 0;
-- Whether a visitor who is gone was a bot; NULL while the visitor is there.
ALTER TABLE orders ADD COLUMN of_bot BOOLEAN;
ALTER TABLE refunds ADD COLUMN of_bot BOOLEAN;
-- Set when whose it was is gone.
ALTER TABLE interactions ADD COLUMN was_matched BOOLEAN;

-- What a site's owner set about the erasure of persons.
CREATE TABLE privacy_settings (
    site_id    BIGINT PRIMARY KEY,
    -- Days for which an erasure can be taken back where nobody says how many.
    grace_days BIGINT NOT NULL
);

-- Erasures that can still be taken back, and what it takes.
CREATE TABLE pending_erasures (
    site_id  BIGINT NOT NULL,
    id       BLOB   NOT NULL,
    -- anonymise or delete.
    mode     TEXT   NOT NULL,
    asked_at BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    -- The keyed hash of the id that was asked for.
    person   TEXT   NOT NULL,
    -- Counts by table, a JSON object.
    counts   TEXT   NOT NULL,
    PRIMARY KEY (site_id, id)
) WITHOUT ROWID;
CREATE INDEX pending_erasures_by_due ON pending_erasures (due_at);
CREATE TABLE pending_ids (
    site_id    BIGINT NOT NULL,
    erasure_id BLOB   NOT NULL,
    kind       TEXT   NOT NULL,
    old        BLOB   NOT NULL,
    fresh      BLOB   NOT NULL,
    PRIMARY KEY (site_id, erasure_id, kind, old)
) WITHOUT ROWID;
CREATE TABLE pending_texts (
    site_id    BIGINT NOT NULL,
    erasure_id BLOB   NOT NULL,
    kind       TEXT   NOT NULL,
    old        TEXT NOT NULL,
    fresh      TEXT   NOT NULL,
    PRIMARY KEY (site_id, erasure_id, kind, old)
) WITHOUT ROWID;
-- Rows as they were before.
CREATE TABLE pending_rows (
    site_id    BIGINT NOT NULL,
    erasure_id BLOB   NOT NULL,
    place      BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    -- A JSON object.
    was        TEXT   NOT NULL,
    PRIMARY KEY (site_id, erasure_id, place)
) WITHOUT ROWID;

-- What a visitor consented to, as items of the type consent told it.
CREATE TABLE consents (
    site_id    BIGINT NOT NULL,
    visitor_id BLOB   NOT NULL,
    item_id    BLOB   NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    version    TEXT,
    PRIMARY KEY (site_id, visitor_id, item_id)
) WITHOUT ROWID;
