-- People who log in, their sessions, and answers kept for requests that are sent twice.
-- The file of the same name for the other database differs in INTEGER/BIGINT PRIMARY KEY only.

-- password: a PHC string (argon2id), or empty: none yet, nobody gets in. agent: of role agent; campaign: of role client.
CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    centre BIGINT NOT NULL REFERENCES centre (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    agent BIGINT REFERENCES agent (id),
    campaign BIGINT REFERENCES campaign (id),
    lang TEXT NOT NULL,
    password TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (centre, name)
);

-- token: SHA-256 of what the browser holds. seen: of the latest request, to the minute.
CREATE TABLE web_session (
    token TEXT PRIMARY KEY,
    centre BIGINT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL
);
CREATE INDEX web_session_user ON web_session (user_id, seen);

-- id: a hash of the caller and the Idempotency-Key. request: a hash of method, path and body. status 0: in flight.
-- answer: sealed under the Idempotency-Key, which is not kept, because an answer may hold a secret.
CREATE TABLE idempotency (
    id TEXT PRIMARY KEY,
    centre BIGINT NOT NULL,
    request TEXT NOT NULL,
    begun BIGINT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX idempotency_begun ON idempotency (begun);

-- Agents' page passwords were salted SHA-256 beside the agent; from here on there is one way to keep a password.
-- Each agent is a user without one, until `outpace user password NAME`.
INSERT INTO users (id, centre, name, role, agent, lang, password, created)
SELECT id, centre, name, 'agent', id, lang, '', created FROM agent;
INSERT INTO id_block (centre, name, next) SELECT 1, 'users', COALESCE(MAX(id), 0) + 1 FROM agent;
ALTER TABLE agent DROP COLUMN page_salt;
ALTER TABLE agent DROP COLUMN page_hash;
