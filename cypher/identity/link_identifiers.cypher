// Say to which persons an identifier leads, and how surely.
//
// mode     write
// param    rows          ROWS     one per edge; one that is there already stays as it is
// row      identifier    KEY      where the edge begins
// row      person        KEY      where it ends
// row      strength      FLOAT    how surely, 0 to 1
// row      records       INTEGER  rows of that person that carry it
// row      last_seen     STRING   when one of them was last seen
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ identifier: 'acme/a', person: 'acme/b', strength: 0.9, records: 2, last_seen: '2026-11-21' }] }
*/
UNWIND $rows AS row
MATCH (a:Identifier {key: row.identifier})
MATCH (b:Person {key: row.person})
WHERE NOT (a)-[:IDENTIFIES]->(b)
CREATE (a)-[e:IDENTIFIES {strength: row.strength, records: row.records, last_seen: row.last_seen}]->(b)
RETURN count(e) AS edges
