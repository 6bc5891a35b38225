// By which addresses these buildings are known, and how many rows carry each.
//
// mode     read
// param    properties    KEYS     the buildings
// returns  property_id    STRING   the building
// returns  value          STRING   the address
// returns  rows           INTEGER  how many rows carry it
// calls    stormgraph match
/*
:params { properties: ['acme/P-14'] }
*/
UNWIND $properties AS own
MATCH (b:Property {key: own})<-[:LOCATES]-(i:Identifier {kind: 'address'})<-[:HAS]-(r:Record)
RETURN b.property_id AS property_id, i.value AS value, count(DISTINCT r) AS rows
ORDER BY b.property_id, value
