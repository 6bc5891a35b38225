// Drop scored pairs that the latest run no longer keeps.
//
// mode     write
// param    rows          ROWS     one per edge
// row      left          KEY      where the edge begins
// row      right         KEY      where it ends
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ left: 'acme/a', right: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.left})-[e:MATCHES]->(b:Record {key: row.right})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
