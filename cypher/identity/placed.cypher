// For which buildings these addresses and register numbers stand, and what speaks for it: three lines.
//
// mode     read
// param    identifiers   KEYS     the identifiers: (kind, scope, value) each
// returns  what          STRING   numbers, places, buildings
// returns  found         LIST     numbers: address, register number, rows that carry both; places: kind, value, property_id; buildings: property_id, its address as described, an address that leads to it, rows that carry that
// calls    POST /v1/records
/*
:params { identifiers: ['acme/address//14 elm st||||75209'] }
*/
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})<-[:HAS]-(r:Record)
WHERE i.kind = 'address' AND r.property_id IS NOT NULL
WITH i, r.property_id AS number, count(DISTINCT r) AS rows
ORDER BY i.key, number
WITH collect([i.value, number, rows]) AS found
RETURN 'numbers' AS what, found
UNION ALL
UNWIND $identifiers AS own
MATCH (i:Identifier {key: own})-[:LOCATES]->(b:Property)
WITH DISTINCT i, b
ORDER BY i.key, b.key
WITH collect([i.kind, i.value, b.property_id]) AS found
RETURN 'places' AS what, found
UNION ALL
UNWIND $identifiers AS own
MATCH (:Identifier {key: own})-[:LOCATES]->(b:Property)
WITH DISTINCT b
MATCH (b)<-[:LOCATES]-(i:Identifier {kind: 'address'})<-[:HAS]-(r:Record)
WITH b, i, count(DISTINCT r) AS rows
ORDER BY b.key, i.key
WITH collect([b.property_id, b.address, i.value, rows]) AS found
RETURN 'buildings' AS what, found
