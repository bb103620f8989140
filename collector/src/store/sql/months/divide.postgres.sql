-- Puts a partitioned table in the place of the table waymark.divided, which is not touched: it becomes the rest, once
-- adopt.postgres.sql has taken it in. In between months are made. Whoever reads or writes waits.
DO $$
DECLARE
    own    TEXT := current_setting('waymark.divided');
    apart  TEXT := current_schema() || '_months';
    parent TEXT := format('%I.%I', current_schema(), own);
    rest   TEXT := format('%I.%I', apart, own || '_rest');
    months TEXT := format('%I.%I', apart, own || '_months');
    beyond TEXT := format('%I.%I', apart, own || '_beyond');
    part   RECORD;
BEGIN
    EXECUTE format('ALTER TABLE %s SET SCHEMA %I', parent, apart);
    EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', apart, own, own || '_rest');
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (id)', parent, rest);
    -- Under the same names, by which migrations know them.
    FOR part IN
        SELECT conname, pg_get_constraintdef(oid) AS definition
        FROM pg_constraint
        WHERE conrelid = rest::regclass AND contype IN ('p', 'u')
    LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', parent, part.conname, part.definition);
    END LOOP;
    FOR part IN
        SELECT pg_get_indexdef(indexrelid) AS definition
        FROM pg_index
        WHERE indrelid = rest::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    LOOP
        EXECUTE replace(part.definition, format(' ON %s ', rest), format(' ON %s ', parent));
    END LOOP;
    PERFORM raise_wall(parent::regclass);
    FOR part IN
        SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role,
            string_agg(privilege_type, ', ') AS privileges
        FROM pg_class
        CROSS JOIN LATERAL aclexplode(relacl)
        WHERE pg_class.oid = rest::regclass AND grantee <> relowner
        GROUP BY grantee
    LOOP
        EXECUTE format('GRANT %s ON %s TO %s', part.privileges, parent, part.role);
    END LOOP;
    FOR part IN
        SELECT tgname, pg_get_triggerdef(oid) AS definition, tgtype & 1 = 1 AS by_row
        FROM pg_trigger
        WHERE tgrelid = rest::regclass AND NOT tgisinternal
    LOOP
        IF part.by_row THEN
            RAISE EXCEPTION 'the trigger % of % is for each row, and would not see a row that gets another id', part.tgname, own;
        END IF;
        EXECUTE replace(part.definition, format(' ON %s ', rest), format(' ON %s ', parent));
        EXECUTE format('DROP TRIGGER %I ON %s', part.tgname, rest);
    END LOOP;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL) PARTITION BY RANGE (id)', months, parent);
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', beyond, parent);
    PERFORM raise_wall(months::regclass);
    PERFORM raise_wall(beyond::regclass);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s DEFAULT', months, beyond);
    EXECUTE format(
        'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
        parent, months, current_setting('waymark.months_from'), current_setting('waymark.months_to')
    );
END
$$
