-- From each first step, the next of each further step after the one before it: as far as it gets within the window.
-- The first has to be within the range, the others may be after it.
WITH chosen AS (
    SELECT session, person, moment, name FROM events
    WHERE NOT bot AND moment >= $from AND moment < $to + $window AND kind = 'event'
),
one AS (
    SELECT person, moment FROM chosen
    SEMI JOIN (SELECT session FROM sessions WHERE source = $source) AS of_source USING (session)
    WHERE name = 'analysis_started' AND moment < $to
),
two AS (SELECT person, moment FROM chosen WHERE name = 'analysis_completed'),
three AS (SELECT person, moment FROM chosen WHERE name = 'previews_viewed'),
four AS (SELECT person, moment FROM chosen WHERE name = 'audience_selected'),
second AS (
    SELECT one.person, one.moment AS begun, two.moment
    FROM one ASOF LEFT JOIN two ON one.person = two.person AND two.moment > one.moment
),
third AS (
    SELECT second.person, begun, second.moment AS at2, three.moment
    FROM second ASOF LEFT JOIN three ON second.person = three.person AND three.moment > second.moment
),
fourth AS (
    SELECT third.person, begun, at2, third.moment AS at3, four.moment AS at4
    FROM third ASOF LEFT JOIN four ON third.person = four.person AND four.moment > third.moment
),
deepest AS (
    SELECT person, MAX(CASE
        WHEN at4 <= begun + $window THEN 4
        WHEN at3 <= begun + $window THEN 3
        WHEN at2 <= begun + $window THEN 2
        ELSE 1 END) AS depth
    FROM fourth
    GROUP BY person
)
SELECT
    COUNT(*) AS step_1, COUNT(*) FILTER (depth >= 2) AS step_2, COUNT(*) FILTER (depth >= 3) AS step_3,
    COUNT(*) FILTER (depth >= 4) AS step_4
FROM deepest
