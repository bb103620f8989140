DELETE FROM imports
WHERE site_id = $1 AND ended_at IS NOT NULL
    AND (dry_run AND ended_at < $2 OR id NOT IN (SELECT id FROM imports WHERE site_id = $1 ORDER BY created_at DESC, id DESC LIMIT $3))
