-- Roles belong to the whole server, so another database's collector may make this one at the same moment; what it may do
-- belongs to this database, and one at a time says so.
DO $$
DECLARE
    walled REGCLASS;
BEGIN
    PERFORM pg_advisory_xact_lock(8731905524018);
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'waymark_app') THEN
        BEGIN
            CREATE ROLE waymark_app NOLOGIN NOINHERIT;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        -- Having made a role is not yet being allowed to put it on, but for superusers.
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT waymark_app TO %I', current_user);
        END IF;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO waymark_app', current_schema());
    FOR walled IN
        SELECT polrelid
        FROM pg_policy
        JOIN pg_class ON pg_class.oid = polrelid
        WHERE polname = 'wall' AND relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO waymark_app', walled);
    END LOOP;
END
$$
