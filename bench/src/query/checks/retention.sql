-- Who was first seen in each week, and in which weeks they came again. 1970-01-01 was a Thursday, and weeks begin on Mondays.
WITH seen AS (
    SELECT person, (started_at // 86400000 + 3) // 7 AS week, MIN(started_at) AS began
    FROM sessions
    WHERE NOT bot
    GROUP BY person, week
),
cohorts AS (
    SELECT person, MIN(week) AS cohort
    FROM seen
    GROUP BY person
    HAVING MIN(began) >= $monday_from AND MIN(began) < $monday_to
)
SELECT (DATE '1970-01-01' + (cohort * 7 - 3)::INTEGER)::VARCHAR AS monday, week - cohort AS later, COUNT(*) AS people
FROM cohorts JOIN seen USING (person)
GROUP BY cohort, later
ORDER BY cohort, later
