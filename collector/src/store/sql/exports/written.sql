INSERT INTO exported_days (site_id, what, day, format, row_count, mark, written_at, looked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (site_id, what, day) DO UPDATE SET
    format = excluded.format,
    row_count = excluded.row_count,
    mark = excluded.mark,
    written_at = excluded.written_at,
    looked_at = excluded.looked_at
