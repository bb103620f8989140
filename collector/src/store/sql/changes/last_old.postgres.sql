-- The last of those that are old and have none before them that is not. None from beside a transaction that is still open, of any
-- database of the server: whoever reads has to look at it again until that ends, and would take it for one that went unread.
SELECT change, part
FROM changes
WHERE site_id = $1 AND change < LEAST(
    COALESCE(
        (SELECT change FROM changes WHERE site_id = $1 AND at >= EXTRACT(EPOCH FROM clock_timestamp()) * 1000 - $2 ORDER BY change LIMIT 1),
        9223372036854775807
    ),
    txid_snapshot_xmin(txid_current_snapshot())
)
ORDER BY change DESC, part DESC
LIMIT 1
