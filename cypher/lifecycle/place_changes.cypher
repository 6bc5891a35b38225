// Give changes their places in the feed.
//
// mode     write
// param    feed          KEY      the feed: changes
// param    last          INTEGER  how many have their place with these
// param    rows          ROWS     the changes, in their order
// row      change        KEY      the change
// row      place         KEY      its number, with leading zeros
// returns  placed        INTEGER  how many were placed
// calls    GET /v1/identity/changes
/*
:params { feed: 'acme/changes', last: 1, rows: [{ change: 'acme/0193', place: 'acme/000000000001' }] }
*/
MATCH (f:Feed {key: $feed})
SET f.last = $last
WITH f
UNWIND $rows AS row
MATCH (u:Unplaced {key: row.change})
MATCH (c:Change {key: row.change})
SET c.feed = row.place
DELETE u
RETURN count(*) AS placed
