// Say which identifiers lead to each person, and how surely.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// row      person        KEY      to whom they lead
// row      edges         ROWS     its edges
// row      edges.identifier KEY      (kind, scope, value)
// row      edges.strength FLOAT    how surely, 0 to 1
// row      edges.records INTEGER  rows of that person that carry it
// row      edges.last_seen STRING   when one of them was last seen
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { rows: [{ person: 'acme/b', edges: [{ identifier: 'acme/email//jane@example.com', strength: 0.9, records: 2, last_seen: '2026-11-21' }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Person {key: row.person})
UNWIND row.edges AS edge
MATCH (other:Identifier {key: edge.identifier})
WHERE NOT (other)-[:IDENTIFIES]->(hub)
CREATE (other)-[e:IDENTIFIES {strength: edge.strength, records: edge.records, last_seen: edge.last_seen}]->(hub)
RETURN count(e) AS edges
