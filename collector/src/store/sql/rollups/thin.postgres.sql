-- Of the marks of an hour one is as good as many, if it is the last one that is there.
DELETE FROM rollup_marks AS m
USING (
    SELECT hour, MAX(mark) AS mark
    FROM rollup_marks
    WHERE site_id = $1
    GROUP BY hour
    HAVING COUNT(*) > 1
) AS last
WHERE m.site_id = $1 AND m.hour = last.hour AND m.mark < last.mark
