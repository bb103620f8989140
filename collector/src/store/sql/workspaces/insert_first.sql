INSERT INTO workspaces (name, is_first, created_at)
SELECT 'Workspace', TRUE, $1
WHERE NOT EXISTS (SELECT 1 FROM workspaces WHERE is_first)
ON CONFLICT DO NOTHING
