SELECT id, kind, dry_run, file, bytes, state, report, created_at, created_by, alive_at, ended_at
FROM imports
WHERE site_id = $1
ORDER BY created_at DESC, id DESC
