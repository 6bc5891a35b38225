// The households of the events that carried these identifiers.
//
// mode     read
// param    identifiers    KEYS     the identifiers: (kind, scope, value)
// returns  household_id   STRING   the household
// calls    POST /v1/exposures
// calls    POST /v1/properties
// calls    POST /v1/storms
// calls    stormgraph catch-up
// calls    stormgraph ingest-storms
// calls    stormgraph serve
/*
:params { identifiers: ['acme/property_id//P-14'] }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})<-[:CARRIED]-(e)
WHERE e.household_id IS NOT NULL
WITH DISTINCT e.household_id AS household_id
RETURN household_id
ORDER BY household_id
