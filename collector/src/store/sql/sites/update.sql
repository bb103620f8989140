UPDATE sites
SET name = $2, origins = $3, time_zone = $4
WHERE id = $1
