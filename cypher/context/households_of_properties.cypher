// The households that live or lived in these buildings and had journeys.
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
MATCH (b:Property {key: property})<-[:LIVES_AT]-(h:Household)-[:TOOK]->(:Journey)
WITH DISTINCT h
RETURN h.household_id AS household_id
ORDER BY h.key
