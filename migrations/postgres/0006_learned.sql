-- What pacing learned, by list type and hour of the day, for the next run of such a list: a few kilobytes each, the latest
-- word only, and no fact: losing it changes nothing. body: JSON of the engine, without numbers and names of persons.
CREATE TABLE learned (
    centre BIGINT NOT NULL,
    list_type TEXT NOT NULL,
    hour BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (centre, list_type, hour)
);
