INSERT INTO catalogue_findings (site_id, name, problem, field, items, first_at, last_at)
VALUES {rows}
ON CONFLICT (site_id, name, problem, field) DO UPDATE SET
    items = catalogue_findings.items + excluded.items,
    first_at = CASE WHEN excluded.first_at < catalogue_findings.first_at
        THEN excluded.first_at ELSE catalogue_findings.first_at END,
    last_at = CASE WHEN excluded.last_at > catalogue_findings.last_at
        THEN excluded.last_at ELSE catalogue_findings.last_at END
