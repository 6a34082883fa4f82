-- When something last happened in a session, which tells those that were given up; and when each
-- thing that was said was over, which tells how long the interview itself was. Both are told of
-- older rows as well as they can be.

ALTER TABLE sessions ADD COLUMN alive_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transcripts ADD COLUMN ended_at INTEGER NOT NULL DEFAULT 0;

UPDATE transcripts SET ended_at = timestamp + CASE WHEN json_valid(metrics) THEN
    CAST(coalesce(json_extract(metrics, '$.speechMs'), 0)
         + 1000 * coalesce(json_extract(metrics, '$.responseTime'), 0) AS INTEGER)
    ELSE 0 END;

UPDATE sessions SET
    alive_at = max(created_at, completed_at,
                   coalesce((SELECT max(ended_at) FROM transcripts WHERE session_id = sessions.id), 0)),
    duration = (SELECT (coalesce(sum(CASE WHEN before IS NULL OR timestamp - before > 600000
                                          THEN ended - timestamp ELSE max(ended - before, 0) END), 0) + 500) / 1000
                FROM (SELECT timestamp, max(ended_at, timestamp) AS ended,
                             max(max(ended_at, timestamp)) OVER
                                 (ORDER BY timestamp, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                      FROM transcripts WHERE session_id = sessions.id));

DROP INDEX transcripts_time;
CREATE INDEX transcripts_time ON transcripts (session_id, timestamp, id, ended_at);
CREATE INDEX sessions_alive ON sessions (alive_at) WHERE status = 0;
