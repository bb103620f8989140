-- Those without another in their place are nobody's any more.
UPDATE erasing_texts SET
    old = fresh,
    fresh = old
WHERE site_id = $1 AND fresh <> ''
