-- Name, role, skills and industry of a profile are sealed, too. This file has no key: what was stored
-- before it stays readable in clear until the program, which has one, seals it. A row says which it
-- is; one written by an older version that still runs is in clear.

DROP INDEX profiles_role; -- a second copy of roles; nothing sorts by them

ALTER TABLE profiles ADD COLUMN clear INTEGER NOT NULL DEFAULT 1;
CREATE INDEX profiles_clear ON profiles (id, user_id) WHERE clear;
