// Take back which household answered or reached a milestone.
//
// mode     write
// param    signals        KEYS     the signals: (source, event_id)
// returns  edges          INTEGER  how many went
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { signals: ['acme/crm/l-1'] }
*/
UNWIND $signals AS signal
MATCH (s:Signal {key: signal})<-[e:SHOWED]-(:Household)
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
