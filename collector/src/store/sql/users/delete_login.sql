DELETE FROM logins
WHERE token_hash = $1
