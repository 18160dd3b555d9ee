-- What the next run needs should this one die: how to end each leg at the other end, and where the phones are.
-- Personal data (a testament names the called number); rows go with the leg. The same text for both databases.
CREATE TABLE testament (
    leg BIGINT PRIMARY KEY,
    centre BIGINT NOT NULL,
    node BIGINT NOT NULL,
    call BIGINT,
    trunk BIGINT,
    answered BIGINT NOT NULL,
    sip_call_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE phone_binding (name TEXT PRIMARY KEY, centre BIGINT NOT NULL, contacts TEXT NOT NULL);
