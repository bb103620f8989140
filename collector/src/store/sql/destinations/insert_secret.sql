INSERT INTO destination_secrets (site_id, destination_id, id, secret)
VALUES ($1, $2, $3, $4)
