SELECT rolname::text AS name, rolsuper OR rolbypassrls AS passes_by, rolsuper OR rolcreaterole AS makes
FROM pg_roles
WHERE rolname = current_user
