// Forget contacts, with every edge of theirs.
//
// mode     write
// param    events         KEYS     the events: (source, event_id)
// returns  dropped        INTEGER  how many went
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { events: ['acme/calls/c-1'] }
*/
UNWIND $events AS event
MATCH (e:Touch {key: event})
DETACH DELETE e
RETURN count(*) AS dropped
