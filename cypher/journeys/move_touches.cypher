// Say to which household and journey contacts belong.
//
// mode     write
// param    rows           ROWS     the events
// row      event          KEY      the event: (source, event_id)
// row      household_id   STRING   its household
// row      journey_id     STRING   its journey
// returns  touches        INTEGER  how many there are
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { rows: [{ event: 'acme/calls/c-1', household_id: 'hendersons', journey_id: 'j-1' }] }
*/
UNWIND $rows AS row
MATCH (e:Touch {key: row.event})
SET e.household_id = row.household_id, e.journey_id = row.journey_id
RETURN count(e) AS touches
