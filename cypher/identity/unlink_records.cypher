// Part rows from the persons they no longer describe.
//
// mode     write
// param    rows          ROWS     one per edge
// row      record        KEY      where the edge begins
// row      person        KEY      where it ends
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ record: 'acme/a', person: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.record})-[e:DESCRIBES]->(b:Person {key: row.person})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
