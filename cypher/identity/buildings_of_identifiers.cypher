// Which building each of these addresses and register numbers stands for.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// returns  kind           STRING   email, phone, ...
// returns  scope          STRING   the system whose id it is, or empty
// returns  value          STRING   the normalised value
// returns  property_id    STRING   the building
// calls    stormgraph match
/*
:params { identifiers: ['acme/address//14 elm st||||75209'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})-[:LOCATES]->(b:Property)
RETURN i.kind AS kind, i.scope AS scope, i.value AS value, b.property_id AS property_id
ORDER BY i.key, b.key
