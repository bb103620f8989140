-- One at a time keeps what was judged of a site, and nobody while somebody is being erased or goes for their age. The first number is this table's own.
SELECT pg_advisory_xact_lock(CAST(20 AS INTEGER), CAST($1 % 2147483647 AS INTEGER))
