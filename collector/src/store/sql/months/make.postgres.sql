-- Makes the month waymark.month of the table waymark.divided. What there is of it already goes from beyond into it.
DO $$
DECLARE
    own     TEXT := current_setting('waymark.divided');
    apart   TEXT := current_schema() || '_months';
    parent  TEXT := format('%I.%I', current_schema(), own);
    months  TEXT := format('%I.%I', apart, own || '_months');
    beyond  TEXT := format('%I.%I', apart, own || '_beyond');
    month   TEXT := format('%I.%I', apart, own || '_' || current_setting('waymark.month'));
    first   TEXT := current_setting('waymark.month_from');
    next    TEXT := current_setting('waymark.month_to');
    columns TEXT;
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', month, parent);
    PERFORM raise_wall(month::regclass);
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute
    WHERE attrelid = month::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    -- Whoever stores a row holds the first of these before it is found out which month the row is of.
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', months);
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', beyond);
    EXECUTE format(
        'WITH early AS (DELETE FROM %s WHERE id >= %L AND id < %L RETURNING *) INSERT INTO %s (%s) SELECT %s FROM early',
        beyond, first, next, month, columns, columns
    );
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', months, month, first, next);
END
$$
