SELECT name, tbl_name, '' FROM sqlite_schema WHERE type = 'trigger' AND substr(name, 1, 7) = 'moving_'
