INSERT INTO accounts (site_id, account_id, first_at, last_at, name, domain, traits, traits_at, traits_item)
VALUES {rows}
ON CONFLICT (site_id, account_id) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < accounts.first_at THEN excluded.first_at ELSE accounts.first_at END,
    last_at = CASE WHEN excluded.last_at > accounts.last_at THEN excluded.last_at ELSE accounts.last_at END,
    -- A comparison with NULL is not true, so an item without traits erases none.
    name = CASE WHEN accounts.traits_at IS NULL OR (excluded.traits_at, excluded.traits_item) > (accounts.traits_at, accounts.traits_item)
        THEN excluded.name ELSE accounts.name END,
    domain = CASE WHEN accounts.traits_at IS NULL OR (excluded.traits_at, excluded.traits_item) > (accounts.traits_at, accounts.traits_item)
        THEN excluded.domain ELSE accounts.domain END,
    traits = CASE WHEN accounts.traits_at IS NULL OR (excluded.traits_at, excluded.traits_item) > (accounts.traits_at, accounts.traits_item)
        THEN excluded.traits ELSE accounts.traits END,
    traits_at = CASE WHEN accounts.traits_at IS NULL OR (excluded.traits_at, excluded.traits_item) > (accounts.traits_at, accounts.traits_item)
        THEN excluded.traits_at ELSE accounts.traits_at END,
    traits_item = CASE WHEN accounts.traits_at IS NULL OR (excluded.traits_at, excluded.traits_item) > (accounts.traits_at, accounts.traits_item)
        THEN excluded.traits_item ELSE accounts.traits_item END
