-- What is no text is no tool's name, and what is no time of a day at most is none.
SELECT
    {by}tool,
    COUNT(*) AS events,
    COUNT(CASE WHEN name = 'content_exported' THEN 1 END) AS exports,
    COUNT(CASE WHEN name = 'tool_entered' THEN 1 END) AS uses,
    COALESCE(SUM(visible_ms), 0) AS visible_ms
FROM (
    SELECT
        visitor_id, session_id, name,
        CASE WHEN name IN ('tool_entered', 'tool_exited') AND json_type(props, '$.tool') = 'text'
             THEN props ->> 'tool' END AS tool,
        CASE WHEN name = 'tool_exited' AND json_type(props, '$.seconds') IN ('integer', 'real')
                  AND (props ->> 'seconds') BETWEEN 0 AND 86400
             THEN CAST(ROUND((props ->> 'seconds') * 1000) AS BIGINT) END AS visible_ms
    FROM events
    WHERE site_id = $1 AND kind = 'event'
      {filters}
) AS told
GROUP BY {by}tool
