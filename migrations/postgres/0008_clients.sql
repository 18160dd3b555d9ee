-- Orders of a day, and what changed since the client last asked: found by their times, not among the orders of years.
CREATE INDEX orders_taken ON orders (taken_at);
CREATE INDEX orders_changed ON orders (changed_at);
