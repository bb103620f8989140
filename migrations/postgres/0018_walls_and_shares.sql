-- Links by which somebody without a sign-in reads of one site, until they expire or are taken back.
CREATE TABLE shares (
    site_id      BIGINT NOT NULL,
    id           UUID   NOT NULL,
    name         TEXT   NOT NULL,
    -- 'figures', or 'journeys' too.
    shows        TEXT   NOT NULL,
    token_hash   BYTEA  NOT NULL UNIQUE,
    -- The token's first characters, by which its holder recognises it in a list.
    hint         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    -- As in the audit log.
    created_by   TEXT   NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    -- To the minute.
    last_used_at BIGINT,
    PRIMARY KEY (site_id, id)
);

-- Row-level security: a wall behind the conditions of the statements. A connection says whose rows it is about, in the
-- setting waymark.site: the id of one site, 'every' for what is about all of them, or nothing, and then it sees nothing. The
-- settings are per connection and no secret: they keep a statement that forgot its site from answering with another one's
-- rows, and not whoever may write statements of their own.

CREATE FUNCTION wall_site() RETURNS BIGINT LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(NULLIF(current_setting('waymark.site', true), ''), 'every')::bigint $$;

CREATE FUNCTION wall_is_open() RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT COALESCE(current_setting('waymark.site', true) = 'every', FALSE) $$;

-- Every migration that makes a table calls this for it. What has no site is seen by nobody who is about one site. The
-- functions are asked once for a statement, not for each row. FORCE, because the owner of the tables is who asks.
CREATE FUNCTION raise_wall(walled REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    site TEXT;
BEGIN
    SELECT CASE WHEN relname = 'sites' THEN 'id' ELSE attname END INTO site
    FROM pg_class
    LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'site_id' AND NOT attisdropped
    WHERE pg_class.oid = walled;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format(
        'CREATE POLICY wall ON %s USING ((SELECT wall_is_open())%s)',
        walled,
        CASE WHEN site IS NULL THEN '' ELSE format(' OR %I = (SELECT wall_site())', site) END
    );
END
$$;

SELECT raise_wall(walled::regclass)
FROM unnest(ARRAY[
    'accounts', 'api_keys', 'audit', 'catalogue_findings', 'catalogues', 'deliveries', 'destination_secrets', 'destinations',
    'erased_ids', 'erasing_ids', 'erasing_texts', 'events', 'exchange_rates', 'first_events', 'imported_totals',
    'interactions', 'logins', 'milestones', 'orders', 'page_views', 'person_links', 'privacy_keys', 'refunds', 'rejected',
    'rejected_let_go', 'sessions', 'setup_tokens', 'shares', 'sites', 'stage_definitions', 'stage_restatements', 'tab_sequences',
    'told_emails', 'user_emails', 'users', 'visitor_accounts', 'visitor_users', 'visitors', 'workspace_audit', 'workspace_invitations', 'workspace_members', 'workspaces'
]) AS walled;

-- Behind a wall, an index serves a condition only if nothing in it can fail: a column is compared, and no quotient.
ALTER TABLE events ADD COLUMN at_second BIGINT NOT NULL GENERATED ALWAYS AS (at / 1000) STORED;
DROP INDEX events_by_second;
CREATE INDEX events_by_second ON events (site_id, at_second);
ALTER TABLE interactions ADD COLUMN at_second BIGINT NOT NULL GENERATED ALWAYS AS (at / 1000) STORED;
DROP INDEX interactions_by_second;
CREATE INDEX interactions_by_second ON interactions (site_id, at_second);
