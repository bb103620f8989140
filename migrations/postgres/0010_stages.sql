-- The milestones and stages that sites define, and the first times of the events that reach a milestone.

-- Every definition that a site ever had; its last one holds. A site without one has the collector's own.
CREATE TABLE stage_definitions (
    site_id    BIGINT NOT NULL,
    -- Counts the site's, from 1.
    version    BIGINT NOT NULL,
    -- Counts those of all sites: by the highest one a transaction tells whether it knows the latest.
    generation BIGINT NOT NULL,
    -- The document, JSON text.
    document   TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT,
    PRIMARY KEY (site_id, version)
);
CREATE UNIQUE INDEX stage_definitions_by_generation ON stage_definitions (generation);

-- Sites whose past is still being searched for events that reach a milestone since their last definition.
CREATE TABLE stage_restatements (
    site_id       BIGINT PRIMARY KEY,
    -- The definition's.
    version       BIGINT NOT NULL,
    -- The names of those events, a JSON array.
    names         TEXT   NOT NULL,
    -- The last item that was looked at, and how many were.
    after_visitor UUID   NOT NULL,
    after_item    UUID   NOT NULL,
    items         BIGINT NOT NULL
);

-- The first time of every event that reaches a milestone.
CREATE TABLE first_events (
    site_id    BIGINT NOT NULL,
    visitor_id UUID   NOT NULL,
    name       TEXT   NOT NULL,
    first_at   BIGINT NOT NULL,
    PRIMARY KEY (site_id, visitor_id, name)
);

-- A stage follows from the milestones and the definition of the moment.
ALTER TABLE visitors DROP COLUMN stage;
ALTER TABLE visitors DROP COLUMN stage_at;
