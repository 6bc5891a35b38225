// The households of the events that carried an address or number of these buildings.
//
// mode     read
// param    properties     KEYS     the buildings
// returns  household_id   STRING   the household
// calls    POST /v1/exposures
// calls    POST /v1/properties
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
/*
:params { properties: ['acme/P-14'] }
*/
UNWIND $properties AS property
MATCH (b:Property {key: property})<-[:LOCATES]-(:Identifier)<-[:CARRIED]-(e)
WHERE e.household_id IS NOT NULL
WITH DISTINCT e.household_id AS household_id
RETURN household_id
ORDER BY household_id
