-- Drops the month waymark.month of the table waymark.divided if its file has no page: then nobody can see a row in it, by whichever
-- snapshot.
DO $$
DECLARE
    own    TEXT := current_setting('waymark.divided');
    apart  TEXT := current_schema() || '_months';
    months TEXT := format('%I.%I', apart, own || '_months');
    month  TEXT := format('%I.%I', apart, own || '_' || current_setting('waymark.month'));
BEGIN
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', months);
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', month);
    IF pg_relation_size(month::regclass) = 0 THEN
        EXECUTE format('DROP TABLE %s', month);
    END IF;
END
$$
