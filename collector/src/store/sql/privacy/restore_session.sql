-- Where nothing earlier or later has taken the place meanwhile.
UPDATE sessions SET
    click_ids = CASE WHEN first_item = $4 THEN $7 ELSE click_ids END,
    landing_url = CASE WHEN first_item = $4 THEN $8 ELSE landing_url END,
    referrer = CASE WHEN first_item = $4 THEN $9 ELSE referrer END,
    ip = CASE WHEN first_item = $4 THEN $12 ELSE ip END,
    entry_url = CASE WHEN entry_item = $5 THEN $10 ELSE entry_url END,
    exit_url = CASE WHEN exit_item = $6 THEN $11 ELSE exit_url END
WHERE site_id = $1 AND visitor_id = $2 AND session_id = $3
