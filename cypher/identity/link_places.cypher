// Say which building an address or a register number stands for.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      identifier    KEY      (kind, scope, value)
// row      property      KEY      the building
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/a', property: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Identifier {key: row.identifier})
MATCH (b:Property {key: row.property})
WHERE NOT (a)-[:LOCATES]->(b)
CREATE (a)-[e:LOCATES]->(b)
RETURN count(e) AS edges
