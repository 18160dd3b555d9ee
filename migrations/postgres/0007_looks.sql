-- What is looked for often is found by an index of its own.

-- An agent's page shows the own calls of the day: found by their time, not among the calls of years.
CREATE INDEX call_agent_placed ON call (agent, placed_at, id) WHERE agent IS NOT NULL;

-- In the order they were committed: nodes that share a database hear of each other's. 0: from before this was kept.
ALTER TABLE suppression ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
CREATE INDEX suppression_place ON suppression (place);
