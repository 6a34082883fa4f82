-- What was said and is no question is kept too, as a row without an answer. Such a line carries the
-- number of the question that follows it, so it sorts before that question and becomes it in place
-- when it turns out to have been its beginning.

ALTER TABLE transcripts ADD COLUMN line INTEGER NOT NULL DEFAULT 0 CHECK (line BETWEEN 0 AND 2);

DROP INDEX transcripts_number;
CREATE UNIQUE INDEX transcripts_number ON transcripts (session_id, question_number) WHERE line = 0;
CREATE INDEX transcripts_order ON transcripts (session_id, question_number, timestamp, id);
