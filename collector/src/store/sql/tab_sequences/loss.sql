-- Most tabs lost nothing, so most rows are alike: what comes out is short.
WITH known AS (
    SELECT
        bits,
        block - 1 - COALESCE((
            SELECT MAX(other.block)
            FROM tab_sequences AS other
            WHERE other.site_id = own.site_id AND other.tab_id = own.tab_id AND other.block < own.block
        ), -1) AS gap,
        EXISTS (
            SELECT 1
            FROM tab_sequences AS other
            WHERE other.site_id = own.site_id AND other.tab_id = own.tab_id AND other.block > own.block
        ) AS followed
    FROM tab_sequences AS own
    WHERE site_id = $1 AND first_at >= $2 AND first_at < $3
)
SELECT bits, gap, followed, COUNT(*) AS blocks
FROM known
GROUP BY bits, gap, followed
