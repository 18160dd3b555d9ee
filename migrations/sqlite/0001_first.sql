-- The first shape of the store. The file of the same name for the other database differs in three words only
-- (BLOB/BYTEA, WITHOUT ROWID, and INTEGER PRIMARY KEY, which in SQLite is the row itself), and a test says so. Times are microseconds since 1970 (UTC), flags are 0 or 1,
-- ids are 64 bits, JSON is text. Every row names its centre.

CREATE TABLE setting (
    centre BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (centre, name)
);

CREATE TABLE centre (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE seller (id INTEGER PRIMARY KEY, centre BIGINT NOT NULL REFERENCES centre (id), name TEXT NOT NULL);
CREATE TABLE client (id INTEGER PRIMARY KEY, centre BIGINT NOT NULL REFERENCES centre (id), name TEXT NOT NULL);
INSERT INTO centre (id, name) VALUES (1, 'centre');
INSERT INTO seller (id, centre, name) VALUES (1, 1, 'seller');
INSERT INTO client (id, centre, name) VALUES (1, 1, 'client');

-- Ids that the store mints itself: leads, persons, agents, campaigns, batches, keys.
CREATE TABLE id_block (centre BIGINT NOT NULL, name TEXT NOT NULL, next BIGINT NOT NULL, PRIMARY KEY (centre, name));

-- Who holds a node: a younger epoch fences older processes off.
CREATE TABLE epoch (centre BIGINT NOT NULL, node BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, taken BIGINT NOT NULL);

-- Rung when leads, keys or campaigns changed, for processes that wait.
CREATE TABLE bell (centre BIGINT NOT NULL, name TEXT PRIMARY KEY, rung BIGINT NOT NULL);

CREATE TABLE campaign (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL REFERENCES centre (id),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    seller BIGINT NOT NULL REFERENCES seller (id),
    client BIGINT NOT NULL REFERENCES client (id),
    state TEXT NOT NULL DEFAULT 'idle',
    spec TEXT NOT NULL,
    updated BIGINT NOT NULL,
    UNIQUE (centre, name)
);

-- The folder as it is now: path to bytes.
CREATE TABLE campaign_file (
    centre BIGINT NOT NULL,
    campaign BIGINT NOT NULL REFERENCES campaign (id),
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (campaign, path)
);

CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    campaign BIGINT NOT NULL REFERENCES campaign (id),
    file_sha256 TEXT NOT NULL,
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,
    accepted BIGINT NOT NULL DEFAULT 0,
    rejected BIGINT NOT NULL DEFAULT 0,
    begun BIGINT NOT NULL,
    UNIQUE (campaign, file_sha256)
);

-- Personal data of leads. Facts and leads hold ids and keyed hashes; erasing a person deletes this row and what the person said.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    phone TEXT NOT NULL,
    name TEXT,
    lang TEXT,
    fields TEXT NOT NULL
);

-- state: pending, leased, in_flight, scheduled, closed, excluded.
-- first_at is a callback promised in the list; next_at comes from it and from facts; due_at may be later (the day's cap), and is what the lease looks at.
CREATE TABLE lead (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    campaign BIGINT NOT NULL REFERENCES campaign (id),
    batch BIGINT NOT NULL REFERENCES batch (id),
    person BIGINT REFERENCES person (id) ON DELETE SET NULL,
    number_hash TEXT NOT NULL,
    zones TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    first_at BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL DEFAULT 0,
    callback_at BIGINT,
    callback_agent BIGINT,
    end_reason TEXT,
    last_call BIGINT,
    lease_node BIGINT,
    lease_epoch BIGINT,
    lease_day TEXT,
    lease_ticket BIGINT,
    UNIQUE (number_hash, campaign)
);
CREATE INDEX lead_due ON lead (campaign, attempts, due_at, id) WHERE state IN ('pending', 'scheduled');
CREATE INDEX lead_callback ON lead (campaign, callback_at, id) WHERE state = 'scheduled' AND callback_at IS NOT NULL;
CREATE INDEX lead_leased ON lead (lease_node, lease_ticket, id) WHERE state = 'leased';
CREATE INDEX lead_last_call ON lead (last_call) WHERE state = 'in_flight';

-- Kept with every change of a lead's state, so that a list of a million needs no counting.
CREATE TABLE lead_count (
    centre BIGINT NOT NULL,
    campaign BIGINT NOT NULL,
    state TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (campaign, state)
);

-- Attempts to a number on the called party's day, over all campaigns. reserved: leased, not yet placed.
CREATE TABLE number_day (
    centre BIGINT NOT NULL,
    number_hash TEXT NOT NULL,
    day TEXT NOT NULL,
    placed BIGINT NOT NULL DEFAULT 0,
    reserved BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (number_hash, day)
);

-- Numbers that may never be called. from_fact: an opt-out; otherwise a do-not-call list.
CREATE TABLE suppression (
    centre BIGINT NOT NULL,
    number_hash TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    why TEXT NOT NULL,
    from_fact BIGINT NOT NULL
);

CREATE TABLE fact (
    centre BIGINT NOT NULL,
    node BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    moment BIGINT NOT NULL,
    wall BIGINT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    call BIGINT,
    campaign BIGINT,
    agent BIGINT,
    lead BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (node, seq)
) WITHOUT ROWID;
CREATE INDEX fact_wall ON fact (wall);
CREATE INDEX fact_call ON fact (call, node, seq) WHERE call IS NOT NULL;
CREATE INDEX fact_campaign ON fact (campaign, node, seq) WHERE campaign IS NOT NULL;
CREATE INDEX fact_agent ON fact (agent, node, seq) WHERE agent IS NOT NULL;

-- Folded from facts, as are orders, order_line, recording and agent_session.
CREATE TABLE call (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    node BIGINT NOT NULL,
    campaign BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    number_hash TEXT NOT NULL,
    zone TEXT NOT NULL,
    day TEXT NOT NULL,
    pack TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    withdrawn TEXT,
    invite_at BIGINT,
    trunk BIGINT,
    sip_call_id TEXT,
    caller_id TEXT,
    ringing_at BIGINT,
    answered_at BIGINT,
    greeted_at BIGINT,
    classified_at BIGINT,
    verdict TEXT,
    bridged_at BIGINT,
    spoke_at BIGINT,
    message_at BIGINT,
    waited_ms BIGINT,
    agent BIGINT,
    abandon TEXT,
    abandoned_at BIGINT,
    ended_at BIGINT,
    cause TEXT,
    sip BIGINT,
    q850 BIGINT,
    ended_by TEXT,
    talk_ms BIGINT NOT NULL,
    outcome TEXT,
    right_party BIGINT NOT NULL,
    effective BIGINT NOT NULL,
    interested BIGINT NOT NULL
);
CREATE INDEX call_campaign ON call (campaign, id);
CREATE INDEX call_lead ON call (lead, id);
CREATE INDEX call_agent ON call (agent, id) WHERE agent IS NOT NULL;
CREATE INDEX call_open ON call (node, id) WHERE ended_at IS NULL AND withdrawn IS NULL;
CREATE INDEX call_human ON call (campaign, answered_at) WHERE answered_at IS NOT NULL;

-- What was collected and said: personal data, kept with the person, not with the facts.
CREATE TABLE call_field (
    centre BIGINT NOT NULL,
    call BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (call, name)
);
CREATE INDEX call_field_lead ON call_field (lead);
CREATE TABLE call_note (
    centre BIGINT NOT NULL,
    call BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    place BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (call, place)
);
CREATE INDEX call_note_lead ON call_note (lead);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    call BIGINT NOT NULL,
    campaign BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    agent BIGINT,
    total_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX orders_campaign ON orders (campaign, id);
CREATE INDEX orders_call ON orders (call);
CREATE TABLE order_line (
    order_id BIGINT NOT NULL REFERENCES orders (id),
    place BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (order_id, place)
);

CREATE TABLE recording (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    call BIGINT NOT NULL,
    campaign BIGINT,
    lead BIGINT,
    length_ms BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    closed_at BIGINT NOT NULL
);
CREATE INDEX recording_call ON recording (call);
CREATE INDEX recording_lead ON recording (lead);

CREATE TABLE agent (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL REFERENCES centre (id),
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    page_salt TEXT NOT NULL,
    page_hash TEXT NOT NULL,
    realm TEXT NOT NULL,
    ha1_md5 TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (centre, name)
);

CREATE TABLE agent_session (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL,
    node BIGINT NOT NULL,
    agent BIGINT NOT NULL,
    logged_in BIGINT NOT NULL,
    state TEXT,
    reason TEXT,
    last_moment BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    logged_out BIGINT
);
CREATE INDEX agent_session_open ON agent_session (node, id) WHERE logged_out IS NULL;

CREATE TABLE api_key (
    id INTEGER PRIMARY KEY,
    centre BIGINT NOT NULL REFERENCES centre (id),
    scope TEXT NOT NULL,
    campaign BIGINT,
    client BIGINT,
    agent BIGINT,
    hash TEXT NOT NULL,
    created BIGINT NOT NULL,
    revoked BIGINT
);
