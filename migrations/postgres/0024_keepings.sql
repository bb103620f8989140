-- A number drawn by whoever kept a judgement: one that was begun before it and knows less is not kept after it.
ALTER TABLE judged_visitors ADD COLUMN keeping BIGINT NOT NULL DEFAULT 0;
ALTER TABLE judged_persons ADD COLUMN keeping BIGINT NOT NULL DEFAULT 0;
