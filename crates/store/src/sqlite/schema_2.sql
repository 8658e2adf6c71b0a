-- Version 2 of the stored form: the state of shops. Written as in version 1; JSON is text, byte for byte as it came.

-- The last known state of every entity. One that was deleted keeps its row, so that its version goes on counting.
CREATE TABLE snapshot (
    place      INTEGER PRIMARY KEY,
    shop       BLOB NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    version    INTEGER NOT NULL, -- counts its changes, from 1
    updated_at INTEGER NOT NULL,
    surrogate  INTEGER,          -- stands for an id that is no number, where everything is numbered
    marks      TEXT NOT NULL,    -- what the rules of the diff remember
    entity     TEXT,             -- NULL once it was deleted
    UNIQUE (shop, kind, id)
) STRICT;
-- For lists: without those that were deleted, of which there may be many more.
CREATE INDEX snapshot_by_id ON snapshot (shop, kind, id) WHERE entity IS NOT NULL;
CREATE INDEX snapshot_by_surrogate ON snapshot (shop, kind, surrogate) WHERE surrogate IS NOT NULL;

-- What shall be looked at later; one of each name for an entity at most.
CREATE TABLE timer (
    shop BLOB NOT NULL,
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    name TEXT NOT NULL,
    due  INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, id, name)
) STRICT, WITHOUT ROWID;
-- Ends in the primary key, as every index of such a table does.
CREATE INDEX timer_by_due ON timer (due);

CREATE VIEW snapshots AS
SELECT 'shop_' || lower(hex(shop)) AS shop,
       kind,
       id,
       version,
       strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch') AS updated_at,
       entity IS NULL AS is_deleted,
       surrogate,
       entity,
       marks
FROM snapshot;

CREATE VIEW timers AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', due / 1000.0, 'unixepoch') AS due,
       name,
       'shop_' || lower(hex(shop)) AS shop,
       kind,
       id
FROM timer;
