SELECT one, other, origin
FROM person_links AS v
WHERE {whose}
