// The buildings that these storms came over.
//
// mode     read
// param    storms         KEYS     the storms
// returns  property_id    STRING   the building
// calls    POST /v1/storms
// calls    stormgraph ingest-storms
/*
:params { storms: ['acme/DFW_STORM_24'] }
*/
UNWIND $storms AS storm
MATCH (s:Storm {key: storm})<-[:EXPOSED_TO]-(b:Property)
WITH DISTINCT b
RETURN b.property_id AS property_id
ORDER BY b.key
