-- What another tool knew of a day as sums and not as visits: no journey can be made of it, and it stands for itself.
CREATE TABLE imported_totals (
    site_id    BIGINT NOT NULL,
    -- The tool.
    source     TEXT   NOT NULL,
    -- What the sums are by: sources, pages, devices and so on.
    dimension  TEXT   NOT NULL,
    -- As 2026-01-31, in the tool's time zone of the site.
    day        TEXT   NOT NULL,
    -- Follows from the labels, which may be long.
    id         UUID   NOT NULL,
    -- What the row is about, by name: a JSON object of texts.
    labels     JSONB  NOT NULL,
    visitors   BIGINT,
    visits     BIGINT,
    page_views BIGINT,
    bounces    BIGINT,
    seconds    BIGINT,
    events     BIGINT,
    PRIMARY KEY (site_id, source, dimension, day, id)
);
