UPDATE visitors SET
    click_ids = CASE WHEN first_item = $3 THEN $4 ELSE click_ids END,
    landing_url = CASE WHEN first_item = $3 THEN $5 ELSE landing_url END,
    referrer = CASE WHEN first_item = $3 THEN $6 ELSE referrer END
WHERE site_id = $1 AND visitor_id = $2
