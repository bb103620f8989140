SELECT
    order_key, at, item_id, visitor_id, amount, currency,
    CAST(NULL AS BIGINT) AS order_at, CAST(NULL AS BIGINT) AS order_amount, CAST(NULL AS TEXT) AS order_currency
FROM refunds
WHERE site_id = $1
  AND NOT EXISTS (SELECT 1 FROM orders AS o WHERE o.site_id = refunds.site_id AND o.order_key = refunds.order_key)
  {filters}
