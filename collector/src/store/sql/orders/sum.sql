-- By quarters of an hour, which never reach over the end of a day. Units and millionths are summed each for itself, because
-- sums of whole numbers of SQLite may not be greater than those numbers themselves.
SELECT
    currency, at / 900000 AS quarter, COUNT(*) AS orders, COUNT(*) - COUNT(amount) AS without_value,
    CAST(COALESCE(SUM(amount / 1000000), 0) AS BIGINT) AS units,
    CAST(COALESCE(SUM(amount % 1000000), 0) AS BIGINT) AS millionths
FROM orders
WHERE site_id = $1
  {filters}
GROUP BY currency, at / 900000
