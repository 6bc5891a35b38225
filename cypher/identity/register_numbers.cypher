// Which register numbers the rows of each of these addresses carry.
//
// mode     read
// param    identifiers   KEYS     the addresses: (kind, scope, value) each
// returns  value          STRING   the address
// returns  property_id    STRING   the register's number
// returns  rows           INTEGER  how many rows carry both
// calls    stormgraph match
/*
:params { identifiers: ['acme/address//14 elm st||||75209'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
WHERE r.property_id IS NOT NULL
RETURN i.value AS value, r.property_id AS property_id, count(DISTINCT r) AS rows
ORDER BY value, property_id
