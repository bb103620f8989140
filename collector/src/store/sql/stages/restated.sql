DELETE FROM stage_restatements
WHERE site_id = $1 AND version = $2
