// Say which person each row describes.
//
// mode     write
// param    rows          ROWS     one per edge
// row      record        KEY      where the edge begins
// row      person        KEY      where it ends
// row      content       MAP      the edge's properties: since
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ record: 'acme/a', person: 'acme/b', content: {} }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.record})
MATCH (b:Person {key: row.person})
MERGE (a)-[e:DESCRIBES]->(b)
SET e += row.content
RETURN count(e) AS edges
