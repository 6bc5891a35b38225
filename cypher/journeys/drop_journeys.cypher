// Forget journeys; their touches and conversions stay.
//
// mode     write
// param    journeys       KEYS     the journeys
// returns  dropped        INTEGER  how many went
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { journeys: ['acme/j-1'] }
*/
UNWIND $journeys AS journey
MATCH (j:Journey {key: journey})
DETACH DELETE j
RETURN count(*) AS dropped
