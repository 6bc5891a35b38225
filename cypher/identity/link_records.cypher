// Say which person each row describes.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      record        KEY      where the edge begins
// row      person        KEY      where it ends
// row      since         STRING   when it came to this person
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ record: 'acme/a', person: 'acme/b', since: '2026-11-21' }] }
*/
UNWIND $rows AS row
MATCH (a:Record {key: row.record})
MATCH (b:Person {key: row.person})
WHERE NOT (a)-[:DESCRIBES]->(b)
CREATE (a)-[e:DESCRIBES {since: row.since}]->(b)
RETURN count(e) AS edges
