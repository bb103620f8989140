UPDATE stage_restatements
SET after_visitor = $3, after_item = $4, items = items + $5
WHERE site_id = $1 AND version = $2 AND after_visitor = $6 AND after_item = $7
