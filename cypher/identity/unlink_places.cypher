// Take back which building an address or a register number stands for.
//
// mode     write
// param    rows          ROWS     one per edge
// row      identifier    KEY      (kind, scope, value)
// row      property      KEY      the building
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/property_id//P-7', property: 'acme/P-7' }] }
*/
UNWIND $rows AS row
MATCH (i:Identifier {key: row.identifier})-[e:LOCATES]->(b:Property {key: row.property})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
