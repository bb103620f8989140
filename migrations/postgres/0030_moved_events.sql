-- A row of a partitioned table that gets another id may become one of another partition. To triggers for each row that is no
-- update; to those for the statement it is, and the rows as they were are shown to them (docs/partitions.md). Only erasing changes
-- items, and who they are of changes with every other id, so nothing is marked that was not before.
CREATE FUNCTION mark_moved_events() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rollup_marks (site_id, hour)
    SELECT DISTINCT site_id, at / 3600000
    FROM moved
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
-- unnoticed: the trigger below marks what this one did
DROP TRIGGER events_move ON events;
CREATE TRIGGER events_move AFTER UPDATE ON events REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION mark_moved_events();
