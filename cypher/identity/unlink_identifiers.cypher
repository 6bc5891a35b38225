// Take back that an identifier leads to a person.
//
// mode     write
// param    rows          ROWS     one per edge
// row      identifier    KEY      where the edge begins
// row      person        KEY      where it ends
// returns  edges         INTEGER  how many went
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/a', person: 'acme/b' }] }
*/
UNWIND $rows AS row
MATCH (a:Identifier {key: row.identifier})-[e:IDENTIFIES]->(b:Person {key: row.person})
WITH DISTINCT e
DELETE e
RETURN count(*) AS edges
