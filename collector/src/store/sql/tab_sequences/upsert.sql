INSERT INTO tab_sequences (site_id, tab_id, block, first_at, bits)
VALUES {rows}
ON CONFLICT (site_id, tab_id, block) DO UPDATE SET
    bits = tab_sequences.bits | excluded.bits,
    first_at = CASE WHEN tab_sequences.first_at IS NULL OR excluded.first_at < tab_sequences.first_at
                    THEN excluded.first_at ELSE tab_sequences.first_at END
WHERE (tab_sequences.bits | excluded.bits) <> tab_sequences.bits
   OR excluded.first_at < tab_sequences.first_at
   OR (tab_sequences.first_at IS NULL AND excluded.first_at IS NOT NULL)
