INSERT INTO kept_insights (site_id, person, rule, version, found_at, ended_at, kind, detail)
VALUES {rows}
