SELECT id, payload || COALESCE(context, '') || COALESCE(sender, '')
FROM rejected
WHERE site_id = $1
