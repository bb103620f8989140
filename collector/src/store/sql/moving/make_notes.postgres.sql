-- The keys of rows that changed. No statement of a collector reads it: its role has no right to, and triggers write with that
-- of whoever made them.
CREATE TABLE IF NOT EXISTS moving_keys (
    id       BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- The transaction's number: what is visible of it is visible with the row.
    change   BIGINT NOT NULL DEFAULT txid_current(),
    of_table TEXT   NOT NULL,
    -- A JSON array.
    row_key  TEXT   NOT NULL
);
