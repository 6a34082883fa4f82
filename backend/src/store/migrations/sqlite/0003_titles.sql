-- What a person calls a session; sealed, since it tends to name an employer.

ALTER TABLE sessions ADD COLUMN title TEXT;
