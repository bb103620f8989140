SELECT COUNT(*)
FROM rejected
