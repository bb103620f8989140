UPDATE sessions SET
    first_item = {item sessions.first_item},
    last_item = {item sessions.last_item},
    entry_item = {item sessions.entry_item},
    exit_item = {item sessions.exit_item}
WHERE site_id = $1 AND visitor_id IN {of shared} AND session_id IN {of seen}
