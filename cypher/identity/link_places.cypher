// Say which addresses and register numbers stand for each building.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// row      property      KEY      the building
// row      edges         ROWS     its edges
// row      edges.identifier KEY      (kind, scope, value)
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ property: 'acme/b', edges: [{ identifier: 'acme/address//14 elm st' }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Property {key: row.property})
UNWIND row.edges AS edge
MATCH (other:Identifier {key: edge.identifier})
WHERE NOT (other)-[:LOCATES]->(hub)
CREATE (other)-[e:LOCATES]->(hub)
RETURN count(e) AS edges
