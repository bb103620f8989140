-- Workspaces: whose a site is, who may see and change what is in it, and who is asked to.

CREATE TABLE workspaces (
    id         BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT    NOT NULL,
    -- Whether it is the one that every installation has, of the installation's owner.
    is_first   BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT  NOT NULL
);
-- Several collectors may start on one new database at once: one workspace comes of it.
CREATE UNIQUE INDEX workspaces_one_first ON workspaces (is_first) WHERE is_first;

CREATE TABLE workspace_members (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- owner, analyst or viewer.
    role         TEXT   NOT NULL,
    joined_at    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX workspace_members_by_user ON workspace_members (user_id, workspace_id);

CREATE TABLE workspace_invitations (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id           UUID   NOT NULL,
    token_hash   BYTEA  NOT NULL UNIQUE,
    -- Whoever signs in with this address may accept it, or chooses a password for it.
    email        TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    -- Kept after use until it would have ended, so that a second use can be told from a wrong token.
    used_at      BIGINT,
    PRIMARY KEY (workspace_id, id)
);

-- What was changed of a workspace by hand and is of no site.
CREATE TABLE workspace_audit (
    workspace_id BIGINT NOT NULL,
    id           UUID   NOT NULL,
    at           BIGINT NOT NULL,
    -- As in audit.
    actor        TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    detail       JSONB  NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX workspace_audit_by_time ON workspace_audit (workspace_id, at, id);

ALTER TABLE sites ADD COLUMN workspace_id BIGINT REFERENCES workspaces (id);
CREATE INDEX sites_by_workspace ON sites (workspace_id, id);
ALTER TABLE api_keys ADD COLUMN workspace_id BIGINT REFERENCES workspaces (id);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);
-- What an API key may do, as words between blanks; empty for a server key, which sends.
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
-- To the hour; NULL for a server key, of which nobody notes it.
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;

-- What is stored already becomes one workspace. An empty database stays empty, to be restored into.
INSERT INTO workspaces (name, is_first, created_at)
SELECT 'Workspace', TRUE, MIN(there.created_at)
FROM (
    SELECT created_at
    FROM sites
    UNION ALL
    SELECT created_at
    FROM users
) AS there
HAVING COUNT(*) > 0;

UPDATE sites SET workspace_id = (SELECT id FROM workspaces);
-- As much as such a key could do until now.
UPDATE api_keys SET
    workspace_id = (SELECT id FROM workspaces),
    scopes = CASE
        WHEN kind <> 'api' THEN ''
        WHEN site_id IS NULL THEN 'read persons sites'
        ELSE 'read persons'
    END;
ALTER TABLE sites ALTER COLUMN workspace_id SET NOT NULL;
ALTER TABLE api_keys ALTER COLUMN workspace_id SET NOT NULL;

-- Others than the owner could read everything and change definitions.
INSERT INTO workspace_members (workspace_id, user_id, role, joined_at)
SELECT workspaces.id, users.id, CASE users.role WHEN 'owner' THEN 'owner' ELSE 'analyst' END, users.created_at
FROM users
CROSS JOIN workspaces;
