DELETE FROM sites
WHERE id = $1 AND is_demo
