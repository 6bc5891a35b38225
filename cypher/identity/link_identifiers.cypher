// Say to which persons an identifier leads, and how surely.
//
// mode     write
// param    rows          ROWS     one per edge
// row      identifier    KEY      where the edge begins
// row      person        KEY      where it ends
// row      content       MAP      the edge's properties: strength, records, last_seen
// returns  edges         INTEGER  how many there are now
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/a', person: 'acme/b', content: {} }] }
*/
UNWIND $rows AS row
MATCH (a:Identifier {key: row.identifier})
MATCH (b:Person {key: row.person})
MERGE (a)-[e:IDENTIFIES]->(b)
SET e += row.content
RETURN count(e) AS edges
