-- First, last, linear and time decay. Markov chains and the Shapley value are no matter of SQL.
WITH earned AS (
    SELECT person, id, moment, revenue FROM events
    WHERE NOT bot AND conversion AND moment >= $quarter_from AND moment < $quarter_to
),
touches AS (
    SELECT
        e.id, s.channel, e.revenue,
        ROW_NUMBER() OVER (PARTITION BY e.id ORDER BY s.started_at, s.session) AS place,
        COUNT(*) OVER (PARTITION BY e.id) AS touches,
        POW(2, -(e.moment - s.started_at) / 604800000.0) AS weight
    FROM earned AS e JOIN sessions AS s
        ON s.person = e.person AND s.started_at <= e.moment AND s.started_at >= e.moment - 2592000000
)
SELECT
    channel, COUNT(*) FILTER (place = 1) AS first, COUNT(*) FILTER (place = touches) AS last,
    SUM(1.0 / touches) AS linear, SUM(share) AS time_decay
FROM (SELECT *, weight / SUM(weight) OVER (PARTITION BY id) AS share FROM touches)
GROUP BY channel
ORDER BY channel
