SELECT site_id, id, at, actor, action, subject, detail
FROM (
    SELECT CAST(NULL AS BIGINT) AS site_id, id, at, actor, action, subject, CAST(detail AS TEXT) AS detail
    FROM workspace_audit
    WHERE workspace_id = $1
      AND (at, id) < ($2, $3)
    UNION ALL
    SELECT site_id, id, at, actor, action, subject, CAST(detail AS TEXT) AS detail
    FROM audit
    WHERE site_id IN (SELECT sites.id FROM sites WHERE sites.workspace_id = $1)
      AND (at, id) < ($2, $3)
) AS noted
ORDER BY at DESC, id DESC
LIMIT $4
