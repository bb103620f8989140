SELECT grace_days
FROM privacy_settings
WHERE site_id = $1
