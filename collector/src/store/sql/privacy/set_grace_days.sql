INSERT INTO privacy_settings (site_id, grace_days)
VALUES ($1, $2)
ON CONFLICT (site_id) DO UPDATE SET
    grace_days = excluded.grace_days
