-- What a session of a browser that others used too says of an item of theirs.
UPDATE sessions SET
    entry_url = CASE WHEN entry_item IN {of item} THEN {clean entry_url} ELSE entry_url END,
    exit_url = CASE WHEN exit_item IN {of item} THEN {clean exit_url} ELSE exit_url END,
    click_ids = CASE WHEN first_item IN {of item} THEN NULL ELSE click_ids END,
    landing_url = CASE WHEN first_item IN {of item} THEN {clean landing_url} ELSE landing_url END,
    referrer = CASE WHEN first_item IN {of item} THEN {clean referrer} ELSE referrer END,
    ip = CASE WHEN first_item IN {of item} THEN NULL ELSE ip END,
    first_item = {item sessions.first_item},
    last_item = {item sessions.last_item},
    entry_item = {item sessions.entry_item},
    exit_item = {item sessions.exit_item}
WHERE site_id = $1 AND visitor_id IN {of shared} AND session_id IN {of seen}
