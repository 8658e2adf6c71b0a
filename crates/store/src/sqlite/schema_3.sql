-- Version 3 of the stored form: events, attempts and identity keys stand in the segments of the log (see log/mod.rs); what
-- is left here is state. The program has copied them before this script is run (see migrate.rs).

-- Listing the dead needs nothing but their own rows. One without an event was never listed.
ALTER TABLE dead_letter ADD COLUMN event BLOB NOT NULL DEFAULT x'';
UPDATE dead_letter SET event = coalesce((SELECT id FROM event WHERE event.seq = dead_letter.seq), x'');
DELETE FROM dead_letter WHERE event = x'';
CREATE INDEX dead_letter_by_time ON dead_letter (at);

-- Events up to `opened_at` never concerned the lane. Of lanes that were there before, nobody knows any more: what was behind
-- them by now is left alone. The cursors here may be older than those in the segment that is being written.
ALTER TABLE lane ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0;
UPDATE lane SET opened_at = cursor;

DROP VIEW events;
DROP VIEW attempts;
DROP TABLE event_record;
DROP TABLE dedup;
DROP TABLE attempt;
DROP TABLE event;

-- What was erased, and what was asked for and is under way.
CREATE TABLE erasure (
    id          INTEGER PRIMARY KEY,
    shop        BLOB NOT NULL,
    subject     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    finished_at INTEGER,
    events      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    snapshots   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX erasure_under_way ON erasure (shop, subject) WHERE finished_at IS NULL;

CREATE VIEW lanes AS
SELECT 'ep_' || lower(hex(endpoint)) AS endpoint,
       opened_at,
       cursor,
       length(done) / 8 AS done_ahead,
       (SELECT count(*) FROM waiting WHERE waiting.endpoint = lane.endpoint) AS waiting
FROM lane;

CREATE VIEW deliveries_waiting AS
SELECT 'ep_' || lower(hex(endpoint)) AS endpoint,
       seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', due / 1000.0, 'unixepoch') AS due,
       attempts,
       strftime('%Y-%m-%dT%H:%M:%fZ', first_at / 1000.0, 'unixepoch') AS first_at
FROM waiting;

CREATE VIEW dead_letters AS
SELECT 'evt_' || lower(hex(event)) AS event,
       'ep_' || lower(hex(endpoint)) AS endpoint,
       reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at,
       attempts,
       outcome,
       status
FROM dead_letter;

CREATE VIEW erasures AS
SELECT 'shop_' || lower(hex(shop)) AS shop,
       subject,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at,
       strftime('%Y-%m-%dT%H:%M:%fZ', finished_at / 1000.0, 'unixepoch') AS finished_at,
       events,
       attempts,
       snapshots
FROM erasure;
