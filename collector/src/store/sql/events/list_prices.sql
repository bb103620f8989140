-- Addresses that may be those of prices; which are is decided by the parts of their path.
SELECT at, id, url
FROM events
WHERE site_id = $1 AND kind = 'page_view' AND at >= $2 AND at <= $3
  AND (lower(url) LIKE '%/pric%' OR lower(url) LIKE '%/plans%')
  {filters}
ORDER BY at DESC, id DESC
LIMIT 1000
