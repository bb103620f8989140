SELECT * FROM events WHERE NOT bot AND moment < $to ORDER BY moment DESC, id DESC LIMIT 100
