INSERT INTO rollup_marks (site_id, hour, mark)
VALUES (?, ?, random())
ON CONFLICT (site_id, hour) DO UPDATE SET mark = excluded.mark
