INSERT INTO judged_persons (site_id, person, judged_at, stale_at, standing, staged, keeping)
VALUES {rows}
ON CONFLICT (site_id, person) DO UPDATE SET
    judged_at = excluded.judged_at,
    stale_at = excluded.stale_at,
    standing = excluded.standing,
    staged = excluded.staged,
    keeping = excluded.keeping
