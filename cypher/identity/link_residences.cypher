// Say where each household lives, and from when to when.
//
// mode     write
// param    rows          ROWS     one per edge
// row      household     KEY      where the edge begins
// row      property      KEY      where it ends
// row      content       MAP      the edge's properties: from, to
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ household: 'acme/a', property: 'acme/b', content: {} }] }
*/
UNWIND $rows AS row
MATCH (a:Household {key: row.household})
MATCH (b:Property {key: row.property})
MERGE (a)-[e:LIVES_AT]->(b)
SET e += row.content
RETURN count(e) AS edges
