-- Orders of a day, and what changed since the client last asked: found by their times, not among the orders of years.
CREATE INDEX orders_taken ON orders (taken_at);
CREATE INDEX orders_changed ON orders (changed_at);

-- Who put the number on the list: a key, a user, the command line. Empty: from before this was kept, or an opt-out, whose
-- fact says more.
ALTER TABLE suppression ADD COLUMN author TEXT NOT NULL DEFAULT '';
