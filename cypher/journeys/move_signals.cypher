// Say to which household responses and milestones belong.
//
// mode     write
// param    rows           ROWS     the events
// row      event          KEY      the event: (source, event_id)
// row      household_id   STRING   its household
// returns  signals        INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ event: 'acme/calls/c-1', household_id: 'hendersons' }] }
*/
UNWIND $rows AS row
MATCH (e:Signal {key: row.event})
SET e.household_id = row.household_id
RETURN count(e) AS signals
