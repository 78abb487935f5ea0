-- SPDX-License-Identifier: Apache-2.0
-- The catalogue (docs/formats/catalogue.md). A change here raises user_version.

PRAGMA application_id = 0x61696363; -- "aicc"
PRAGMA user_version = 2;

CREATE TABLE images (
    rowid       INTEGER PRIMARY KEY,
    owner_uid   INTEGER NOT NULL,
    id          BLOB NOT NULL,
    variant     TEXT NOT NULL,
    reference   TEXT NOT NULL,
    platform    TEXT NOT NULL,
    file_name   TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    compression TEXT NOT NULL,
    block_bytes INTEGER NOT NULL,
    profile     TEXT NOT NULL,
    created     INTEGER NOT NULL,
    made_by     TEXT NOT NULL,
    UNIQUE (id, variant, owner_uid)
) STRICT;
CREATE INDEX images_by_reference ON images (reference);

-- In the order of the file. diff_id is null for what the profile adds.
CREATE TABLE segments (
    image        INTEGER NOT NULL REFERENCES images,
    position     INTEGER NOT NULL,
    diff_id      BLOB,
    offset       INTEGER NOT NULL,
    length       INTEGER NOT NULL,
    xxh128       BLOB NOT NULL,
    format       INTEGER NOT NULL,
    producer_uid INTEGER NOT NULL,
    PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_by_diff_id ON segments (diff_id) WHERE diff_id IS NOT NULL;

CREATE TABLE refs (
    owner_uid INTEGER NOT NULL,
    file      TEXT NOT NULL,
    reference TEXT NOT NULL,
    platform  TEXT NOT NULL,
    points_at BLOB NOT NULL,
    id        BLOB NOT NULL,
    resolved  INTEGER NOT NULL,
    PRIMARY KEY (owner_uid, file)
) STRICT, WITHOUT ROWID;
CREATE INDEX refs_by_id ON refs (id);
CREATE INDEX refs_by_reference ON refs (reference);

CREATE TABLE names (
    owner_uid INTEGER NOT NULL,
    name      TEXT NOT NULL,
    id        BLOB NOT NULL,
    variant   TEXT NOT NULL,
    directory TEXT,
    changed   INTEGER NOT NULL,
    PRIMARY KEY (owner_uid, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_id ON names (id);

CREATE TABLE pins (
    owner_uid INTEGER NOT NULL,
    id        BLOB NOT NULL,
    variant   TEXT NOT NULL,
    note      TEXT,
    created   INTEGER NOT NULL,
    PRIMARY KEY (owner_uid, id, variant)
) STRICT, WITHOUT ROWID;

-- Pending entries that this generation holds and that may still be there as files.
CREATE TABLE folded (
    owner_uid INTEGER NOT NULL,
    entry     TEXT NOT NULL,
    PRIMARY KEY (owner_uid, entry)
) STRICT, WITHOUT ROWID;

-- This generation (the highest number) and what it was made from.
CREATE TABLE ancestry (
    number INTEGER PRIMARY KEY,
    nonce  TEXT NOT NULL,
    folded INTEGER NOT NULL
) STRICT;
