-- Takes in what was there before as the partition of all that is in no month. PostgreSQL reads it through once, for rows that a
-- month is for: of senders whose clocks are ahead.
DO $$
DECLARE
    own     TEXT := current_setting('waymark.divided');
    apart   TEXT := current_schema() || '_months';
    parent  TEXT := format('%I.%I', current_schema(), own);
    rest    TEXT := format('%I.%I', apart, own || '_rest');
    months  TEXT := format('%I.%I', apart, own || '_months');
    columns TEXT;
BEGIN
    BEGIN
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s DEFAULT', parent, rest);
    EXCEPTION WHEN check_violation THEN
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute
        WHERE attrelid = rest::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format(
            'WITH ahead AS (DELETE FROM %s WHERE id >= %L AND id < %L RETURNING *) INSERT INTO %s (%s) SELECT %s FROM ahead',
            rest, current_setting('waymark.months_from'), current_setting('waymark.months_to'), months, columns, columns
        );
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s DEFAULT', parent, rest);
    END;
END
$$
