UPDATE users
SET email = $1, password_hash = $2
WHERE id = $3
