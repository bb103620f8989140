-- What enrichment concludes beside source and device. All but the last is of the item at (first_at, first_item).

-- The version of the rules that drew the conclusions of the row; 0 from before rules had versions.
ALTER TABLE sessions ADD COLUMN rules BIGINT NOT NULL DEFAULT 0;
-- Whole or truncated, as far as the collector was asked to keep it.
ALTER TABLE sessions ADD COLUMN ip TEXT;
ALTER TABLE visitors ADD COLUMN rules BIGINT NOT NULL DEFAULT 0;
-- A visitor is a bot where the rules found the device type 'bot', unless the owner says otherwise here.
ALTER TABLE visitors ADD COLUMN bot_decision BOOLEAN;
