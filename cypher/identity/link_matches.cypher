// Keep the scored pairs of rows.
//
// mode     write
// param    rows          ROWS     one per edge
// row      left          KEY      where the edge begins
// row      right         KEY      where it ends
// row      content       MAP      the edge's properties: weight, probability, model
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ left: 'acme/a', right: 'acme/b', content: {} }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.left})
MATCH (b:Record {key: row.right})
MERGE (a)-[e:MATCHES]->(b)
SET e += row.content
RETURN count(e) AS edges
