UPDATE erasing_ids SET
    old = fresh,
    fresh = old
WHERE site_id = $1
