-- What pacing decided and heard: for `why` and `replay`, bounded by age and rows, and no fact: losing it changes nothing.

-- A sample: changes of the reason, and one a minute. at: microseconds since 1970; body: JSON of the caller.
CREATE TABLE decision (
    campaign BIGINT NOT NULL,
    at BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (campaign, at)
);

-- Pieces of about a minute, in the words of `engine::tape`.
CREATE TABLE pacing_tape (
    campaign BIGINT NOT NULL,
    begun BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    piece BLOB NOT NULL,
    PRIMARY KEY (campaign, begun)
);
