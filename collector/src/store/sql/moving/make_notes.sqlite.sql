-- The keys of rows that changed, in the order of the commits.
CREATE TABLE IF NOT EXISTS moving_keys (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    of_table TEXT NOT NULL,
    -- A JSON array.
    row_key  TEXT NOT NULL
);
