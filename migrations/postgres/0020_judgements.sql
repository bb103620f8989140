-- What is concluded of people and kept: scores for lists, and insights with the times in which they held. All of it follows from
-- what else is stored.

-- Counts on with whatever may change a conclusion about the visitor, in the same transaction.
ALTER TABLE visitors ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- Up to which revision the people of a visitor have been judged.
CREATE TABLE judged_visitors (
    site_id    BIGINT NOT NULL,
    visitor_id UUID   NOT NULL,
    revision   BIGINT NOT NULL,
    -- Of the rules, the scale and the stages by which it was done.
    basis      BIGINT NOT NULL,
    -- Of the person whose browser it is; of a shared one, the highest of theirs.
    judged_at  BIGINT NOT NULL,
    standing   BIGINT,
    staged     BIGINT,
    PRIMARY KEY (site_id, visitor_id)
);
CREATE INDEX judged_visitors_by_standing ON judged_visitors (site_id, standing, visitor_id);
CREATE INDEX judged_visitors_by_stage ON judged_visitors (site_id, staged, visitor_id);

-- A person's score. A person is 'user:' and the user id, or 'visitor:' and the visitor id in 32 digits.
CREATE TABLE judged_persons (
    site_id   BIGINT NOT NULL,
    person    TEXT   NOT NULL,
    judged_at BIGINT NOT NULL,
    -- When the score has to be judged again though nothing happened.
    stale_at  BIGINT NOT NULL,
    -- The score without what recency takes from all alike as time goes by, in millionths. Null where there is no score.
    standing  BIGINT,
    -- The same, by stage first.
    staged    BIGINT,
    PRIMARY KEY (site_id, person)
);
CREATE INDEX judged_persons_by_standing ON judged_persons (site_id, standing, person);
CREATE INDEX judged_persons_by_stage ON judged_persons (site_id, staged, person);
CREATE INDEX judged_persons_stale ON judged_persons (site_id, stale_at);

-- The times in which insights held, hold or will hold if nothing else happens.
CREATE TABLE kept_insights (
    site_id  BIGINT NOT NULL,
    person   TEXT   NOT NULL,
    rule     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    -- signal or risk.
    kind     TEXT   NOT NULL,
    -- Text, action, evidence and records: the JSON text of an object.
    detail   TEXT   NOT NULL,
    PRIMARY KEY (site_id, person, rule, version, found_at)
);
CREATE INDEX kept_insights_by_time ON kept_insights (site_id, found_at, version, rule, person);

-- How a site measures engagement, where it does not as all do. Weights are millionths.
CREATE TABLE score_scales (
    site_id        BIGINT PRIMARY KEY,
    recency        BIGINT NOT NULL,
    frequency      BIGINT NOT NULL,
    channels       BIGINT NOT NULL,
    window_days    BIGINT NOT NULL,
    full_occasions BIGINT NOT NULL,
    full_channels  BIGINT NOT NULL
);

SELECT raise_wall(walled::regclass)
FROM unnest(ARRAY['judged_persons', 'judged_visitors', 'kept_insights', 'score_scales']) AS walled;
