DELETE FROM rejected
WHERE received_at < $1
