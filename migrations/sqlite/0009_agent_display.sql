-- An agent's name as customers and the floor know it, in any letters; NULL: the login name.
ALTER TABLE agent ADD COLUMN display TEXT;
