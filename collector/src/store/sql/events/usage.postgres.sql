-- What is no text is no tool's name, and what is no time of a day at most is none.
SELECT
    {by}tool,
    COUNT(*) AS events,
    COUNT(CASE WHEN name = 'content_exported' THEN 1 END) AS exports,
    COUNT(CASE WHEN name = 'tool_entered' THEN 1 END) AS uses,
    CAST(COALESCE(SUM(visible_ms), 0) AS BIGINT) AS visible_ms
FROM (
    SELECT
        visitor_id, session_id, name,
        CASE WHEN name IN ('tool_entered', 'tool_exited') AND jsonb_typeof(props -> 'tool') = 'string'
             THEN props ->> 'tool' END AS tool,
        CASE WHEN name = 'tool_exited' AND jsonb_typeof(props -> 'seconds') = 'number'
             THEN CASE WHEN (props ->> 'seconds')::NUMERIC BETWEEN 0 AND 86400
                       THEN ROUND((props ->> 'seconds')::NUMERIC * 1000)::BIGINT END END AS visible_ms
    FROM events
    WHERE site_id = $1 AND kind = 'event'
      {filters}
) AS told
GROUP BY {by}tool
