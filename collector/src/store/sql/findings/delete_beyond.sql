-- Everything after the $2 that were seen last.
DELETE FROM catalogue_findings
WHERE site_id = $1 AND (last_at, name, problem, field) <= (
    SELECT last_at, name, problem, field
    FROM catalogue_findings
    WHERE site_id = $1
    ORDER BY last_at DESC, name DESC, problem DESC, field DESC
    LIMIT 1 OFFSET $2
)
