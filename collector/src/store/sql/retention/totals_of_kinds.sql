SELECT kind, name, CAST(SUM(items) AS BIGINT) AS items, MAX(last_at) AS last_at
FROM kept_totals
WHERE site_id = $1 AND kind IN ('interaction', 'unmatched_interaction')
GROUP BY kind, name
