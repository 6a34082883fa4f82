-- A live interview that is recorded: it grows while it runs, and its owner agreed to these words then.
-- Uploads have neither.

ALTER TABLE recordings ADD COLUMN wording TEXT;
ALTER TABLE recordings ADD COLUMN agreed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recordings ADD COLUMN growing INTEGER NOT NULL DEFAULT 0 CHECK (growing BETWEEN 0 AND 1);

-- What is told to be heard there is not any more.
CREATE TRIGGER recordings_unheard AFTER DELETE ON recordings WHEN old.session_id IS NOT NULL BEGIN
    UPDATE transcripts SET audio_url = NULL WHERE session_id = old.session_id
        AND substr(audio_url, 1, length(old.id) + 15) = '/api/v1/audio/' || old.id || '#';
END;

CREATE INDEX recordings_growing ON recordings (id) WHERE growing = 1;
