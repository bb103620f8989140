-- Orders and refunds, of the reports that count, and what money is in other currencies. Amounts are millionths of the
-- currency's unit: whole numbers, so that sums are exact.

-- The currency in which a site's figures are; NULL where the owner named none.
ALTER TABLE sites ADD COLUMN currency TEXT;

-- The report of each order that counts: of those with a value, else of all, the earliest.
CREATE TABLE orders (
    site_id    BIGINT NOT NULL,
    -- 'o' and the order id, or 'i' and the 64 digits of visitor and item where there is none.
    order_key  TEXT COLLATE "C" NOT NULL,
    order_id   TEXT,
    at         BIGINT NOT NULL,
    item_id    UUID   NOT NULL,
    visitor_id UUID   NOT NULL,
    session_id UUID   NOT NULL,
    name       TEXT   NOT NULL,
    amount     BIGINT,
    currency   TEXT,
    PRIMARY KEY (site_id, order_key)
);
CREATE INDEX orders_by_time ON orders (site_id, at, currency, amount, visitor_id);
CREATE INDEX orders_by_visitor ON orders (site_id, visitor_id, at);

-- The report of each refund that counts, likewise.
CREATE TABLE refunds (
    site_id    BIGINT NOT NULL,
    order_key  TEXT COLLATE "C" NOT NULL,
    -- 'o' and the refund id, or 'i' and the 64 digits of visitor and item where there is none.
    refund_key TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    item_id    UUID   NOT NULL,
    visitor_id UUID   NOT NULL,
    -- NULL for all that is left of the order.
    amount     BIGINT,
    -- NULL for the order's.
    currency   TEXT,
    PRIMARY KEY (site_id, order_key, refund_key)
);
CREATE INDEX refunds_by_time ON refunds (site_id, at);
CREATE INDEX refunds_by_visitor ON refunds (site_id, visitor_id);

-- What one unit of a currency is in another from a day on, until there is a later rate.
CREATE TABLE exchange_rates (
    site_id       BIGINT NOT NULL,
    to_currency   TEXT COLLATE "C" NOT NULL,
    from_currency TEXT COLLATE "C" NOT NULL,
    -- YYYY-MM-DD, in the site's time zone.
    day           TEXT COLLATE "C" NOT NULL,
    -- Decimal text.
    rate          TEXT   NOT NULL,
    loaded_at     BIGINT NOT NULL,
    PRIMARY KEY (site_id, to_currency, from_currency, day)
);

CREATE INDEX exchange_rates_by_day ON exchange_rates (site_id, day, from_currency, to_currency);

-- The conversions with a value that are stored already.
INSERT INTO orders (site_id, order_key, order_id, at, item_id, visitor_id, session_id, name, amount, currency)
SELECT site_id, order_key, order_id, at, id, visitor_id, session_id, name,
    CAST(value AS NUMERIC) * 1000000, currency
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY site_id, order_key ORDER BY at, id, visitor_id) AS place
    FROM (
        SELECT *, COALESCE('o' || order_id, 'i' || replace(visitor_id::text || id::text, '-', '')) AS order_key
        FROM (
            SELECT site_id, id, visitor_id, session_id, at, name, currency,
                value,
                CASE WHEN jsonb_typeof(props -> 'order_id') IN ('string', 'number') AND length(props ->> 'order_id') BETWEEN 1 AND 256
                    THEN props ->> 'order_id' END AS order_id
            FROM events
            WHERE kind = 'event' AND conversion AND value IS NOT NULL AND value NOT LIKE '-%'
        ) AS told
        WHERE CAST(value AS NUMERIC) < 1000000000000
    ) AS keyed
) AS ranked
WHERE place = 1;
