// Take back that a household lives in a building.
//
// mode     write
// param    rows          ROWS     one per edge
// row      household     KEY      where the edge begins
// row      property      KEY      where it ends
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ household: 'acme/a', property: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Household {key: row.household})-[e:LIVES_AT]->(b:Property {key: row.property})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
