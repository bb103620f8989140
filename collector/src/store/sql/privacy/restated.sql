SELECT site_id
FROM stage_restatements
WHERE site_id = $1
