-- The last of those that are old and have none before them that is not.
SELECT change, part
FROM changes
WHERE site_id = $1 AND change < COALESCE(
    (SELECT change FROM changes WHERE site_id = $1 AND at >= (julianday('now') - 2440587.5) * 86400000 - $2 ORDER BY change LIMIT 1),
    9223372036854775807
)
ORDER BY change DESC, part DESC
LIMIT 1
