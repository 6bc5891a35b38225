// Say that storms came over buildings; tells where that is new.
//
// mode     write
// param    rows           ROWS     one per building and storm; one that is there already stays
// row      property       KEY      the building
// row      storm          KEY      the storm
// returns  property_id    STRING   a building for which it is new
// calls    POST /v1/exposures
/*
:params { rows: [{ property: 'acme/P-14', storm: 'acme/DFW_STORM_24' }] }
*/
UNWIND $rows AS row
MATCH (b:Property {key: row.property})
MATCH (s:Storm {key: row.storm})
WHERE NOT (b)-[:EXPOSED_TO]->(s)
CREATE (b)-[:EXPOSED_TO]->(s)
RETURN b.property_id AS property_id
ORDER BY property_id
