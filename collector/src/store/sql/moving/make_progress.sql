-- How far each table has been copied for the first time.
CREATE TABLE IF NOT EXISTS moving_tables (
    name      TEXT   PRIMARY KEY,
    -- The key of the last row, a JSON array; NULL where there was none.
    after_key TEXT,
    copied    BIGINT NOT NULL,
    is_done   BIGINT NOT NULL
);
