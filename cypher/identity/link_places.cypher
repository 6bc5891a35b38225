// Say which building an address or a register number stands for.
//
// mode     write
// param    rows          ROWS     one per edge
// row      identifier    KEY      (kind, scope, value)
// row      property      KEY      the building
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/property_id//P-7', property: 'acme/P-7' }] }
*/
UNWIND $rows AS row
MATCH (i:Identifier {key: row.identifier})
MATCH (b:Property {key: row.property})
MERGE (i)-[e:LOCATES]->(b)
RETURN count(e) AS edges
