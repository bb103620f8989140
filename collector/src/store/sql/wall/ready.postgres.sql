-- Whether the role is there, no policy is passed by with it, it may be put on, and it may use every table behind the wall.
SELECT EXISTS (
    SELECT 1
    FROM pg_roles
    WHERE rolname = 'waymark_app' AND NOT rolsuper AND NOT rolbypassrls AND pg_has_role(oid, 'MEMBER')
      AND has_schema_privilege(oid, current_schema(), 'USAGE')
      AND NOT EXISTS (
          SELECT 1
          FROM pg_policy
          JOIN pg_class ON pg_class.oid = polrelid
          WHERE polname = 'wall' AND relnamespace = current_schema()::regnamespace
            AND NOT (has_table_privilege(pg_roles.oid, polrelid, 'SELECT') AND has_table_privilege(pg_roles.oid, polrelid, 'INSERT')
                     AND has_table_privilege(pg_roles.oid, polrelid, 'UPDATE') AND has_table_privilege(pg_roles.oid, polrelid, 'DELETE'))
      )
)
