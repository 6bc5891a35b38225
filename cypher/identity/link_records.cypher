// Say which rows describe each person.
//
// mode     write
// param    rows          ROWS     one per node whose edges are written; an edge that is there already stays as it is
// param    since         STRING   when they came to this person
// row      person        KEY      whom they describe
// row      edges         ROWS     its edges
// row      edges.record  KEY      (source, record_id)
// returns  edges         INTEGER  how many were made
// calls    stormgraph match
/*
:params { since: '2026-11-21', rows: [{ person: 'acme/b', edges: [{ record: 'acme/crm/17' }] }] }
*/
UNWIND $rows AS row
MATCH (hub:Person {key: row.person})
UNWIND row.edges AS edge
MATCH (other:Record {key: edge.record})
WHERE NOT (other)-[:DESCRIBES]->(hub)
CREATE (other)-[e:DESCRIBES {since: $since}]->(hub)
RETURN count(e) AS edges
