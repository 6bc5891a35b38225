// The buildings that addresses and register numbers stand for; one that stands for none has no row.
//
// mode     read
// param    identifiers    KEYS     the identifiers: (kind, scope, value)
// returns  identifier     STRING   the identifier's key
// returns  properties     LIST     the buildings' ids
// calls    POST /v1/events
// calls    stormgraph ingest-events
/*
:params { identifiers: ['acme/property_id//P-14'] }
*/
UNWIND $identifiers AS identifier
MATCH (i:Identifier {key: identifier})-[:LOCATES]->(b:Property)
WITH i, b
ORDER BY i.key, b.key
WITH i.key AS identifier, collect(b.property_id) AS properties
RETURN identifier, properties
ORDER BY identifier
