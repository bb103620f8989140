SELECT name, CAST(seq AS TEXT), '' FROM sqlite_sequence WHERE name NOT LIKE 'moving%'
