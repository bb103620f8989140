SELECT id, name, write_key, origins, time_zone, created_at
FROM sites
WHERE write_key = $1
