-- Whether the database has been moved.
SELECT to_regproc('moving_refuse') IS NOT NULL
