-- What changed since, and the first transaction that may still be open: in a row of its own too where nothing did.
SELECT c.change, c.part, c.kind, c.ids, c.link, txid_snapshot_xmin(txid_current_snapshot()) AS next
FROM (SELECT 1) AS one
LEFT JOIN changes AS c ON c.site_id = $1 AND c.change >= $2
ORDER BY c.change, c.part
