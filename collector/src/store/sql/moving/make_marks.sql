-- What a database says of the move that it is part of.
CREATE TABLE IF NOT EXISTS moving (
    -- The same in both databases.
    id       TEXT   PRIMARY KEY,
    -- 'source' or 'target'.
    side     TEXT   NOT NULL,
    -- 'copying', or, of a source, 'moved'.
    state    TEXT   NOT NULL,
    -- The other database's URL, without a password.
    other    TEXT   NOT NULL,
    -- The process that is at it, drawn by itself: one that finds another one here ends.
    run      TEXT   NOT NULL,
    -- Counts the transactions of all of them.
    beats    BIGINT NOT NULL,
    began_at BIGINT NOT NULL
);
